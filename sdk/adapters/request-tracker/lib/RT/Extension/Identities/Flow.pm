# Hooks the flow of engagements into RT. Loaded by RT's master inside an eval; loads nothing but the rule.
#   register()   a rule that remembers new transactions, and a note of what RT's shredder removes
#   after_requests()   what was remembered is handed over when a request of RT's web server is over: committed, answered, depth 0
package RT::Extension::Identities::Flow;
use strict;
use warnings;

use RT::Ruleset ();

my %done;

sub register {
    return if $done{register}++;
    RT::Ruleset->Add(Name => 'Identities', Rules => ['RT::Extension::Identities::Rule']);
    my $wipe_out = \&RT::Record::__Wipeout;
    no warnings 'redefine';
    *RT::Record::__Wipeout = sub {
        my ($record) = @_;
        eval { require RT::Extension::Identities::Gone; RT::Extension::Identities::Gone::note($record); 1 } or RT->Logger->error("Identities: $@");
        goto &$wipe_out;
    };
    return;
}

sub after_requests {
    return if $done{after_requests}++;
    my $clean_up = RT::Interface::Web::Handler->can('CleanupRequest');
    no warnings 'redefine';
    *RT::Interface::Web::Handler::CleanupRequest = sub {
        my @arguments = @_;
        $clean_up->(@arguments);
        my @ids = eval { RT::Extension::Identities::Rule::take() } or return;
        eval { require RT::Extension::Identities::Handover; RT::Extension::Identities::Handover::hand_over(@ids); 1 } or RT->Logger->error("Identities: $@");
        # What was read for it is as good as gone to the next request, as RT has it.
        $clean_up->(@arguments);
        return;
    };
    return;
}

1;
