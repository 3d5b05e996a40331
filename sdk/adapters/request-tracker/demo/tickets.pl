#!/usr/bin/perl
# The demo's rights and tickets, for the customers of plugin/sample/story.json. What Hanna and Noor write comes by mail,
# from demo.sh itself.
use strict;
use warnings;
use utf8;

use MIME::Entity;
use RT -init;

sub must {
    my ($what, $ok, $message) = @_;
    die "$what: " . ($message // 'no message') . "\n" unless $ok;
    return;
}

my %right = (
    'Support team' => [qw(SeeIdentity FindIdentity WriteIdentityNotes ModerateIdentityNotes)],
    'Trainees' => [qw(SeeIdentity WriteIdentityNotes)],
);
for my $name (sort keys %right) {
    my $group = RT::Group->new(RT->SystemUser);
    $group->LoadUserDefinedGroup($name);
    must("$name, $_", $group->PrincipalObj->GrantRight(Right => $_, Object => RT->System)) for @{ $right{$name} };
}

sub message {
    my ($text) = @_;
    return MIME::Entity->build(Type => 'text/plain', Charset => 'UTF-8', Data => [Encode::encode('UTF-8', $text)]);
}

# A ticket that its first requestor wrote; more: comment and answer of Mia.
sub ticket {
    my ($queue, $subject, $people, $text, %more) = @_;
    my $writer = RT::CurrentUser->new(RT->SystemUser);
    my @addresses;
    for my $person (@$people) {
        my ($name, $address) = @$person;
        my $user = RT::User->new(RT->SystemUser);
        $user->LoadByEmail($address);
        must($address, $user->Create(Name => $address, EmailAddress => $address, RealName => $name, Privileged => 0))
            unless $user->id;
        $writer = RT::CurrentUser->new($user) unless @addresses;
        push @addresses, $address;
    }
    my $ticket = RT::Ticket->new($writer);
    my ($id, undef, $error) = $ticket->Create(
        Queue => $queue, Subject => $subject, Requestor => \@addresses, Cc => $more{cc}, MIMEObj => message($text),
    );
    must($subject, $id, $error);
    my $mia = RT::Ticket->new(RT::CurrentUser->new('mia'));
    $mia->Load($id);
    must("$subject: comment", $mia->Comment(MIMEObj => message($more{comment}))) if $more{comment};
    must("$subject: answer", $mia->Correspond(MIMEObj => message($more{answer}))) if $more{answer};
    return;
}

my $hanna = ['Hanna Crane', 'hanna.crane@mail.example'];
ticket(
    Support => "Size of the children's bike", [['Omar Haddad', 'omar.haddad@mail.example']],
    "Hello,\n\nmy daughter is 1.24 m now. Is the 20 inch still right for her, or the 24 inch?\n\nOmar",
    answer => "Hello Omar,\n\nthe 24 inch fits from 1.20 m on. Bring her along, we try both.\n\nMia"
);
ticket(
    Support => 'Six e-bikes for our Saturday ride', [$hanna, ['Ben Ode', 'ben.ode@wheelers.example']],
    "Hi,\n\nwe are six on Saturday and need e-bikes with racks. Ben signs for the club.\n\nHanna",
    cc => ['lee.park@wheelers.example'],
    comment => 'Two of the six are still in the workshop. Ask Tom before you promise anything.'
);
ticket(
    HR => 'Saturday job in the workshop', [$hanna],
    "Hello,\n\nI would like to apply for the Saturday job in the workshop.\n\nHanna Crane",
    comment => 'Invited for the 12th. Ben must not know yet.'
);
