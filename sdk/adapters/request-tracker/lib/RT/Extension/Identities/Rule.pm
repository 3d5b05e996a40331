# RT calls this within its own database transaction, for each transaction record it makes, and not inside an eval:
# whatever dies here takes the ticket along. So it remembers a number and does nothing else; Handover.pm takes it up
# once the request is over.
package RT::Extension::Identities::Rule;
use strict;
use warnings;

use base 'RT::Rule';

# Of this process: ids of transactions whose request is not over yet.
my %pending = (pid => 0, ids => []);

# What one request may leave to be handed over; what is more is the sweep's.
use constant MAX_PENDING => 200;

sub _Stage { return 'TransactionCreate' }

sub Prepare { return 1 }

sub Commit {
    my ($self) = @_;
    eval { remember($self->TransactionObj->id) };
    return 1;
}

sub remember {
    my ($id) = @_;
    %pending = (pid => $$, ids => []) if $pending{pid} != $$;
    push @{ $pending{ids} }, $id if $id && @{ $pending{ids} } < MAX_PENDING;
    return;
}

sub is_waiting { return $pending{pid} == $$ && @{ $pending{ids} } ? 1 : 0 }

# take(): the ids that were remembered since it was last called.
sub take {
    my $ids = $pending{pid} == $$ ? $pending{ids} : [];
    %pending = (pid => $$, ids => []);
    return @$ids;
}

1;
