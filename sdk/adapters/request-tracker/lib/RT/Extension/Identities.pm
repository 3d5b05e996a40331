package RT::Extension::Identities;
use strict;
use warnings;

our $VERSION = '0.1.0';

# This file is loaded by RT's master: whatever fails here keeps RT from starting. So it holds rights and two doors; all
# else is loaded behind them, by the process that serves, inside an eval.
RT::Queue->AddRight(Staff => SeeIdentity => "See the identity of a ticket's requestor beside it");
RT::Queue->AddRight(Staff => WriteIdentityNotes => 'Write notes on identities, and edit or delete own ones');
RT::Queue->AddRight(Staff => ModerateIdentityNotes => "Edit, pin or delete anybody's notes on identities");
RT::Queue->AddRight(Staff => MergeIdentities => 'Merge and split identities, and undo it');
RT::Queue->AddRight(Staff => SeeSensitiveIdentity => 'See attributes of identities that are marked sensitive');
RT::System->AddRight(Staff => FindIdentity => "Look up any identity, not only a ticket's requestor");
RT::System->AddRight(Admin => AdminIdentities => 'Administer Identities and see its status page');

# Of new transactions, the number is remembered; Flow.pm says how they go on.
eval { require RT::Extension::Identities::Flow; RT::Extension::Identities::Flow::register(); 1 }
    or RT->Logger->error("Identities: $@");

# The sidebar of a page, from a Mason callback: writes it, or nothing. what: Ticket, User or Queue, an RT object.
sub Show {
    my ($class, $m, %what) = @_;
    local $@;
    my $html = eval {
        require RT::Extension::Identities::Page;
        RT::Extension::Identities::Page::html($m, %what);
    };
    RT->Logger->error("Identities: $@") if $@;
    $m->out($html) if defined $html;
    return;
}

# RT calls this once for each plugin when it makes its PSGI application.
sub PSGIWrap {
    my ($class, $app) = @_;
    return sub {
        my ($env) = @_;
        if (($env->{PATH_INFO} // '') !~ m{^/identities/}) {
            my $answer = $app->($env);
            return eval { RT::Extension::Identities::Flow::then_hand_over($answer) } // $answer;
        }
        my $path = substr $env->{PATH_INFO}, length '/identities/';
        my $response = eval {
            require RT::Extension::Identities::Endpoint;
            RT::Extension::Identities::Endpoint::answer($env, $path);
        };
        return $response if $response;
        RT->Logger->error("Identities: $@");
        my $problem =
            '{"type":"about:blank","title":"Service Unavailable","status":503,'
            . '"detail":"Identities is not installed whole; see RT\'s log"}';
        return [
            503, ['Content-Type' => 'application/problem+json', 'Cache-Control' => 'no-store', 'Retry-After' => 60],
            [$problem]
        ];
    };
}

1;

__END__

=head1 NAME

RT-Extension-Identities - the whole customer beside every ticket

=head1 DESCRIPTION

On ticket pages, for a new ticket and on the user summary this extension shows who the requestor is across all your
accounts: what colleagues noted, what the customer likes and bought, and every message that was ever exchanged. It
loads the plugin I<Identities> into RT's own web processes, or asks C<hdhost> by a Unix socket. It never holds a page
up by more than 50 milliseconds, shows nothing in SelfService, and makes no table in RT's database. Without the
plugin, or with a broken one, RT works as before and the sidebar says so in one line.

=head1 RT VERSION

Works with RT 5.0. RT 6 lays its pages out in another way and is not supported yet.

=head1 AUTHOR

The authors of Identities

=head1 LICENSE AND COPYRIGHT

MIT; see LICENSE at the top of the project.

=head1 INSTALLATION

=over

=item 1. Install what it needs

C<apt install libffi-platypus-perl>, and Identities itself: C<libhelpdesk_host.so.1>, the bundle with C<plugin.json>,
and the command C<identities>.

=item 2. Make its configuration, as the user that RT runs as

    identities init /etc/identities --manifest /usr/share/identities/plugin.json
    identities migrate --config /etc/identities/identities.json
    identities account add generic support --provider request_tracker \
      --ticket-url 'https://rt.example.org/Ticket/Display.html?id={thread}'

RT's web processes read the configuration and its secrets: they belong to RT's user (C<www-data> in Debian).

=item 3. Install the extension

With Debian's C<libmodule-install-rtx-perl>, in this folder:

    PREFIX=/usr/local/share/request-tracker5 RTHOME=/usr/share/request-tracker5 perl Makefile.PL
    make
    make install

Or copy C<lib>, C<html>, C<etc> and C<sbin> to C</usr/local/share/request-tracker5/plugins/RT-Extension-Identities>.

=item 4. Enable it, in F</etc/request-tracker5/RT_SiteConfig.d/identities.pm>

    Plugin('RT::Extension::Identities');

=item 5. Clear Mason's cache and restart RT

    rm -rf /var/cache/request-tracker5/mason_data/obj

=item 6. Let what no web process handed over be swept, and bring in the past

    cp etc/rt-identities-sweep.* /etc/systemd/system/
    systemctl enable --now rt-identities-sweep.timer
    su -s /bin/sh www-data -c 'sbin/rt-identities-import --estimate'
    su -s /bin/sh www-data -c 'sbin/rt-identities-import'

L<rt-identities-sweep> and L<rt-identities-import> have manuals of their own.

=item 7. Grant rights

Nobody sees anything until a right is granted, globally or for a queue, in RT's own pages: see L</RIGHTS>. Whoever has
AdminIdentities finds the page I<Tools, Identities>; it says whether all works and what to do when not, of the plugin as of
the sweep: when it ran last, up to where, what it has not looked at and what it passed over.

=back

=head1 RIGHTS

=over

=item SeeIdentity

The sidebar, and reading notes. In the queue of the ticket, or globally.

=item WriteIdentityNotes, ModerateIdentityNotes

Own notes; anybody's.

=item MergeIdentities, SeeSensitiveIdentity

Merging, splitting and undoing; attributes that are marked sensitive.

=item FindIdentity

Global alone. Identities of people who are no requestor of the ticket at hand: on the user summary, and for whom a new
ticket is being created.

=item AdminIdentities

Global alone. The status page.

=back

What is shown of the history follows RT's own rights: messages of tickets that the agent may see by a group or by a role
(requestor, Cc, AdminCc, owner, custom roles), and their comments where ShowTicketComments is granted. Identities shows
comments by queue, RT by ticket. So what is granted to a group, or to a role by which the agent watches the whole queue,
shows all comments of that queue; what is granted to a role on tickets shows them only where each ticket of that queue that
the agent sees is seen by such a role. Where some are and others are not, or where the agent sees the whole queue by
another right, RT shows the comments of those tickets and the history shows none: too little, never too much.

Beyond 1,000 queues or 10,000 tickets that are seen by a role alone the rest is left out, the oldest tickets and highest
queue numbers first. The sidebar then says that something is missing, and RT's log and the status page say how much.

=head1 CONFIGURATION

    Set(%Identities,
        Library => '/usr/lib/x86_64-linux-gnu/libhelpdesk_host.so.1',
        Manifest => '/usr/share/identities/plugin.json',
        Config => '/etc/identities/identities.json',
        Account => 'support',
        Accounts => {
            shop => 1,
            whatsapp => { Group => 'Support team' },
            crm => { Right => 'SeeSensitiveIdentity', Internal => 1 },
        },
    );

=over

=item Library, Manifest, Config

Paths; Library may be a name that the system's loader finds. The defaults are in F<etc/Identities_Config.pm>.

=item Account

The account of Identities that stands for this RT, as it was named with C<identities account add>.

=item Accounts

The other accounts whose messages and facts agents may see, by name: 1 for everybody, or those in a C<Group>, or with
a C<Right> that is granted globally; with C<Internal> also what is marked internal there. An account that has
partitions, as another helpdesk's departments, is named with each of them: C<< 'webdesk/Service' => 1 >>. C<*> stands
for all that are not named: it counts for agents who may see every queue with its comments. What is not named is not
shown.

=item Socket, Token

C<< Socket => '/run/identities/hdhost.sock' >> asks hdhost instead of loading the plugin into RT: a crash of the
plugin then stays outside. RT signs what it asks with C<< Token => { Secret => FILE, Kid => 'desk', Audience =>
'identities' } >>; they are those of C<hdhost.tokens> in hdhost's configuration, whose issuer is C<Account>. The file
belongs to RT's user alone, mode 400 or 600.

B<hdhost takes no events from RT>, so in this mode RT's processes hand no message over: F<sbin/rt-identities-sweep> alone does,
and loads the plugin into its own process for that, so Library, Manifest and Config must be right here too. Without the sweep
no message comes into the history; run it with C<--every 5>, and it is there within seconds.

What an agent may see goes along in a header of at most 16 KiB: about 400 queues, or 1,300 tickets that are seen by a role
alone. What does not fit is left out and told as under L</RIGHTS>; who has agents that see more loads the plugin into RT.

=item InlineBudget, PanelBudget, ActionBudget

Milliseconds that the first reply may hold a page up (50), that a further reading (500) and a write (2000) may take.
After three failures within 30 s a process asks nothing for 10 s.

=item Queues

How the tickets of a queue are copied into the history, by its name: C<whole>; C<metadata>, which is who, when, which way and by which channel,
without text, subject and names of files; or C<none>. C<*> stands for all that are not named.

    Queues => { '*' => 'whole', 'HR' => 'none', 'Legal' => 'metadata' },

A ticket that moves to another queue is copied anew as that one is; what was copied of it before is taken back, and comes in again when the ticket
comes back. So it is with a ticket that is deleted and restored in RT; what RT's shredder removes is gone for good. Of messages that are encrypted, or
came so, there is never more than metadata. A name of a queue that is not there, as after a renaming, stops the hand-over until it is corrected, lest
something be copied that should not: the status page and the sweep say so, and nothing is lost meanwhile.

After a change of this setting restart RT; it holds for what is handed over from then on. To apply it to what is in the history already, run

    su -s /bin/sh www-data -c 'sbin/rt-identities-import --apply'

or with C<--queue NAME> for one queue: it takes back, and brings in, what the setting says. Until then the status page says which queues changed.

=item WaitingStatuses

The statuses in which a ticket waits for its customer, C<< ['stalled'] >>. Inactive ones are closed, by the queue's lifecycle; all others are open.

=item HandoverBudget

Milliseconds that a worker may take, after its answer, to hand a request's messages over (500). What it does not get done is swept.

=item State

The folder of what the sweep and the import remember, and of the notes of RT's shredder; F<identities> in RT's own (F</var/lib/request-tracker5>) if
not said. On each machine where the shredder runs, a sweep must run.

=back

=head1 UPGRADING

Install the new version, run C<identities migrate>, clear Mason's cache, and restart RT or send its server HUP: new
processes load the new library. Replace a shared object by rename, never overwrite it in place.

=head1 REMOVAL

Remove the C<Plugin> line and the folder F<RT-Extension-Identities>, clear Mason's cache, restart RT. RT's database
holds nothing of it but the rights that were granted; revoke them before, in RT's pages.

=cut
