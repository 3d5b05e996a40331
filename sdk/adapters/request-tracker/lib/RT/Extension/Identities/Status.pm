# What the status page says: of the process that shows it, how it reaches the plugin, whether it does, and what to do
# when not; and of the hand-over of messages, which is everybody's.
package RT::Extension::Identities::Status;
use strict;
use warnings;

use Time::HiRes ();
use RT::Extension::Identities::Bundle;
use RT::Extension::Identities::Engagement;
use RT::Extension::Identities::Host;
use RT::Extension::Identities::State;
use RT::Extension::Identities::Sweep;

# A sweep that runs every minute, or every few seconds, is late after this.
use constant SWEEP_LATE_S => 300;
# So many transactions that wait are counted, more are told as more.
use constant MAX_COUNTED => 1000;

# What to do, by the first pattern that the error matches.
my @advice = (
    [qr/^Set\(%Identities\)/ => 'Correct the setting in RT_SiteConfig.pm and restart RT.'],
    [
        qr/^library:|cannot open shared object|libhelpdesk_host/ =>
            'Install Identities on this machine, or say with Library => where libhelpdesk_host.so.1 is.'
    ],
    [
        qr/^manifest:|plugin\.json/ =>
            'Say with Manifest => where the plugin\'s plugin.json is; RT\'s user must be able to read its folder.'
    ],
    [qr/FFI\/Platypus/ => 'Install the package libffi-platypus-perl.'],
    [qr/socket/i => 'Start hdhost, and see that RT\'s user may write to its socket.'],
    [
        qr/token|unauthenticated/i =>
            'Compare Token => {...} with hdhost.tokens of its configuration: kid, audience, secret, and that its '
            . 'issuer is Account.'
    ],
    [qr/deadline|unavailable/ => 'Run "identities status": it says whether the database answers.'],
    [qr/./ => 'Run "identities config check" with the same configuration; it names every fault of it.'],
);

# A hash of texts. Calls the plugin once, as a panel does, for somebody who is nobody's customer.
sub of_this_process {
    my $began = Time::HiRes::time();
    my ($status, $message) = _probe();
    my $took_ms = 1000 * (Time::HiRes::time() - $began);
    my $report = RT::Extension::Identities::Host::report();
    my $settings = $report->{settings};
    my $bundle = $settings && eval { RT::Extension::Identities::Bundle::of($settings) };
    my $error = $report->{fault} // $report->{failing} // ($status eq 'ok' ? undef : $message);
    chomp $error if defined $error;
    return {
        pid => $report->{pid}, calls => $report->{calls}, breaker => $report->{breaker},
        answer => $status eq 'ok' ? sprintf('yes, in %.1f ms', $took_ms) : "no: $message",
        mode => !$settings ? undef
        : length $settings->{Socket} ? "hdhost by $settings->{Socket}"
        : "in RT's own process",
        library => $settings && !length $settings->{Socket} ? $settings->{Library} : undef,
        version => $bundle ? $bundle->{version} : undef,
        manifest => $settings && $settings->{Manifest}, configuration => $settings && $settings->{Config},
        account => $settings && $settings->{Account},
        error => $error, last_error => $report->{error}, last_error_at => $report->{error_at},
        advice => defined $error ? advice($error) : undef, cut => $report->{cut}, cut_at => $report->{cut_at},
    };
}

sub _probe {
    my $settings = eval { RT::Extension::Identities::Host::settings() }
        or return ('unavailable', 'the settings have a fault');
    return RT::Extension::Identities::Host::call(
        kind => 'panel', id => 'sidebar', budget_ms => $settings->{PanelBudget}, request_id => "status-$$", body => {},
        context => {
            requester => [{ kind => 'email', value => 'nobody@status.invalid' }],
            ticket => { account => $settings->{Account}, thread => '0' },
            agent => { id => '0', name => 'status' }, scopes => ['identity.see'], view => { all => JSON::false },
        },
    );
}

# ---- The hand-over ---------------------------------------------------------------------------------------------------

# of_the_hand_over(): a hash of texts; dies with a line when the sweep's state cannot be read.
sub of_the_hand_over {
    my $settings = RT::Extension::Identities::Host::settings();
    my $folder = RT::Extension::Identities::Settings::folder_of($settings);
    my $state = RT::Extension::Identities::State::of($folder, 'sweep');
    my $by_socket = length $settings->{Socket};
    my %told = (
        by => $by_socket
        ? 'the sweep alone: hdhost takes no events from RT. A message is in the history after its next run'
        : 'each process after its answer; the sweep hands over what no process did',
        folder => $folder,
    );
    @told{qw(queues queues_advice)} = _queues($settings, $folder, $state);
    my $start = 'Run it every minute as RT\'s user, as etc/rt-identities-sweep.timer does ("systemctl status '
        . 'rt-identities-sweep.timer")' . ($by_socket ? ', or better with --every 5' : '');
    return { %told, sweep => 'has never run with this folder', advice => "$start." } unless $state && $state->{ran};
    my ($ran, $waiting) = ($state->{ran}, _waiting($state->{through} // $state->{mark}));
    my $age_s = time - $ran->{at};
    my $refused = @{ $state->{refused} };
    return {
        %told, swept_at => $ran->{at}, sweep => ($ran->{outcome} eq 'done' ? '' : 'failed: ') . $ran->{message},
        mark => "all up to transaction $state->{mark} is settled",
        behind => $waiting ? "$waiting not looked at yet" : 'nothing',
        refused => $refused
        ? "$refused; sweep.json says which and why, \"rt-identities-sweep --again\" tries them"
        : undef,
        advice => $ran->{outcome} eq 'settings'
        ? 'Correct the setting and restart RT, and a sweep that runs with --every; the next run goes on.'
        : $age_s > SWEEP_LATE_S ? "It has not run for " . int($age_s / 60) . " minutes. $start."
        : $ran->{outcome} ne 'done'
        ? 'Run "identities status": it says whether the database answers. The next run goes on.'
        : undef,
    };
}

sub _waiting {
    my ($through) = @_;
    my @ids = RT::Extension::Identities::Sweep::ids_above($through, MAX_COUNTED + 1);
    return @ids > MAX_COUNTED ? 'more than ' . MAX_COUNTED . ' transactions' : @ids ? @ids . ' transactions' : undef;
}

# Whether the queues are copied as they were when what is in the history was handed over; and what to do when not.
sub _queues {
    my ($settings, $folder, $state) = @_;
    my $fault = RT::Extension::Identities::Engagement::unknown_queues($settings);
    return ($fault, 'Correct the setting in RT_SiteConfig.pm and restart RT.') if $fault;
    my %at_first = %{ ($state && $state->{queues}) // $settings->{Queues} };
    my %applied = %{ (RT::Extension::Identities::State::of($folder, 'apply') // {})->{queues} // {} };
    my @changed;
    my $queues = RT::Queues->new(RT->SystemUser);
    $queues->FindAllRows;
    $queues->UnLimit;
    for my $queue (@{ $queues->ItemsArrayRef }) {
        my $now = RT::Extension::Identities::Engagement::policy($settings, $queue);
        my $before = $applied{ $queue->Name }
            // RT::Extension::Identities::Engagement::policy({ Queues => \%at_first }, $queue);
        push @changed, $queue->Name . ": $before, now $now" if $before ne $now;
    }
    return 'copied as the setting says' unless @changed;
    return (
        'changed since they were copied (' . join('; ', @changed) . ')',
        'What is in the history is as before. Run "rt-identities-import --apply" as RT\'s user'
            . (@changed == 1 ? ', with --queue for this one alone.' : '.')
    );
}

sub advice {
    my ($error) = @_;
    for my $known (@advice) {
        return $known->[1] if $error =~ $known->[0];
    }
    return;
}

1;
