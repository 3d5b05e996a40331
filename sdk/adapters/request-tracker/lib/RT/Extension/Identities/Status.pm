# What the status page says of the process that shows it: how it reaches the plugin, whether it does, and what to do
# when not.
package RT::Extension::Identities::Status;
use strict;
use warnings;

use Time::HiRes ();
use RT::Extension::Identities::Bundle;
use RT::Extension::Identities::Host;

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
        advice => defined $error ? advice($error) : undef,
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

sub advice {
    my ($error) = @_;
    for my $known (@advice) {
        return $known->[1] if $error =~ $known->[0];
    }
    return;
}

1;
