# Hooks the flow of engagements into RT. Loaded by RT's master inside an eval; loads nothing but the rule.
#   register()               a rule that remembers new transactions, and a note of what RT's shredder removes
#   then_hand_over($answer)  the same PSGI response; once it is sent, what was remembered is handed over
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
        eval {
            require RT::Extension::Identities::Gone;
            RT::Extension::Identities::Gone::note($record);
            1;
        } or RT->Logger->error("Identities: $@");
        goto &$wipe_out;
    };
    return;
}

# RT's own hook at the end of a request comes before REST 2 has answered. Whoever waits for the answer, as a mail server
# does, must have it whatever becomes of this process then: a mail that was taken and not confirmed comes twice.
sub then_hand_over {
    my ($answer) = @_;
    return sub { $answer->(@_); _hand_over(); return }
        if ref $answer eq 'CODE';
    return $answer unless RT::Extension::Identities::Rule::is_waiting();
    return sub { my ($respond) = @_; $respond->($answer); _hand_over(); return };
}

sub _hand_over {
    my @ids = RT::Extension::Identities::Rule::take() or return;
    # Within a database transaction of RT nothing of it is sure.
    return if $RT::Handle->TransactionDepth;
    eval {
        require RT::Extension::Identities::Handover;
        RT::Extension::Identities::Handover::hand_over(@ids);
        1;
    } or RT->Logger->error("Identities: $@");
    # What was read for it is as good as gone to the next request, as RT has it.
    eval { RT::Interface::Web::Handler->CleanupRequest; 1 } or RT->Logger->error("Identities: $@");
    return;
}

1;
