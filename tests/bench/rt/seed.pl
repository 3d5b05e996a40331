#!/usr/bin/perl
# Fills a private RT for the benches and tells the plugin of all of it: seed.pl LIBRARY MANIFEST CONFIG. Prints JSON: ids of the tickets to open.
#   usual     one requestor, three messages
#   busy      thirteen messages, two requestors, one of whom has 500 more tickets
#   busiest   a requestor with 5,000 more tickets
use strict;
use warnings;

use JSON ();
use RT -init;
use RT::Extension::Identities::Library;

use constant { BUSY => 500, BUSIEST => 5000, BATCH => 100 };

my ($library, $manifest, $config) = @ARGV;
my $json = JSON->new->utf8->canonical;
my $plugin = RT::Extension::Identities::Library->open(library => $library, manifest => $manifest, config => $config, log => sub { });

# Tickets are made without mail and other consequences, which are RT's own.
RT->Config->Set(Plugins => ());
my $queue = RT::Queue->new(RT->SystemUser);
$queue->Load('Support');
my $now = time;
my $serial = 0;
my @waiting;

sub tell {
    return unless @waiting;
    my ($status, $reply) = $plugin->call('event', 'engagement', $json->encode({ account => 'support', items => [splice @waiting] }), 30_000, "seed-$serial");
    die "$status: $reply\n" unless $status eq 'ok';
    return;
}

sub engagement {
    my ($ticket, $subject, $user, $direction, $at) = @_;
    my @t = gmtime $at;
    my $time = sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0];
    push @waiting, {
        type => 'engagement.created', timestamp => $time,
        data => {
            id => 'seed-' . ++$serial, direction => $direction, channel => 'mail', occurred_at => $time,
            customer => { id => 'u' . $user->id, name => $user->RealName || $user->Name, identifiers => [{ kind => 'email', value => $user->EmailAddress }] },
            author => { id => 'x', name => $direction eq 'in' ? $user->Name : 'Mia' },
            thread => { id => "$ticket", subject => $subject, status => 'open', partition => '' . $queue->id },
            text => "Message $serial about $subject. " . 'The parcel came late and one part is missing, what can be done about it? ' x 3,
        },
    };
    tell() if @waiting >= BATCH;
    return;
}

sub user {
    my ($address, $name) = @_;
    my $user = RT::User->new(RT->SystemUser);
    my ($ok, $message) = $user->Create(Name => $address, EmailAddress => $address, RealName => $name, Privileged => 0);
    die "$address: $message\n" unless $ok;
    return $user;
}

sub ticket {
    my ($subject, $messages, $at, @requestors) = @_;
    my $ticket = RT::Ticket->new(RT->SystemUser);
    my ($id, $transaction, $message) = $ticket->Create(
        Queue => $queue->id, Subject => $subject, Requestor => [map { $_->id } @requestors], _RecordTransaction => 0, Status => 'open',
    );
    die "$subject: $message\n" unless $id;
    for my $number (1 .. $messages) {
        my $user = $requestors[$number % @requestors];
        my $direction = $number % 2 ? 'in' : 'out';
        if ($messages > 3) {
            my $said = RT::Ticket->new(RT::CurrentUser->new($direction eq 'in' ? $user->id : 'mia'));
            $said->Load($id);
            my ($ok, $why) = RT::Ticket->new(RT->SystemUser)->Load($id)
                && $ticket->Correspond(Content => "Message $number: " . 'a few words, and some more of them. ' x 8, SquelchMailTo => [map { $_->EmailAddress } @requestors]);
            die "$subject: $why\n" unless $ok;
        }
        engagement($id, $subject, $user, $direction, $at + 60 * $number);
    }
    return $id;
}

my %ticket;
my $few = user('few@customer.example', 'Fay Few');
my $many = user('many@customer.example', 'Max Many');
my $most = user('most@customer.example', 'Mona Most');
$ticket{usual} = ticket('A usual question', 3, $now - 86_400, $few);
ticket("Former question $_ of many", 3, $now - 86_400 * 2 - 3600 * $_, $many) for 1 .. BUSY;
$ticket{busy} = ticket('A long talk', 13, $now - 86_400, $few, $many);
ticket("Former question $_ of most", 1, $now - 86_400 * 2 - 3600 * $_, $most) for 1 .. BUSIEST;
$ticket{busiest} = ticket('One of very many', 3, $now - 86_400, $most);
tell();
$plugin->close;
print $json->encode(\%ticket), "\n";
