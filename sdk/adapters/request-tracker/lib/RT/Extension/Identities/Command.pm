# What the commands of the flow have in common: settings, the plugin, their state, and how they end. Each is one process
# by itself.
package RT::Extension::Identities::Command;
use strict;
use warnings;

use Pod::Usage ();
use RT::Extension::Identities::Host;
use RT::Extension::Identities::Settings;
use RT::Extension::Identities::State;

# Statuses to end with, as sysexits.h has them.
use constant { DONE => 0, FAILED => 1, USAGE => 64, TRY_LATER => 75, SETTINGS => 78 };

# Nobody waits for a command as a reader waits for a page.
use constant BUDGET_MS => 10_000;

# start($name): {settings, folder, state, send}, or ends the process with a line that says why not.
sub start {
    my ($name) = @_;
    my %with = eval {
        my $settings = RT::Extension::Identities::Settings::current();
        my $folder = RT::Extension::Identities::Settings::folder();
        (settings => $settings, folder => $folder, state => RT::Extension::Identities::State->open($folder, $name));
    };
    finish(SETTINGS, $@) unless %with;
    finish(DONE, 'another one is running') unless $with{state};
    return (%with, send => \&_send);
}

# A command is a process by itself, so it loads the plugin also where RT's workers ask hdhost, which takes no events
# from a helpdesk.
sub _send {
    my ($body) = @_;
    RT::Extension::Identities::Host::settings()->{Socket} = '';
    return RT::Extension::Identities::Host::call(
        kind => 'event', id => 'engagement', context => {}, body => $body,
        budget_ms => BUDGET_MS, request_id => "command-$$",
    );
}

sub say {
    my ($line) = @_;
    my ($command) = $0 =~ m{([^/]+)\z};
    chomp $line;
    print STDERR "$command: $line\n";
    return;
}

sub finish {
    my ($status, $line) = @_;
    say($line) if defined $line;
    exit $status;
}

sub usage {
    Pod::Usage::pod2usage(-exitval => USAGE, -verbose => 1);
    return;
}

1;
