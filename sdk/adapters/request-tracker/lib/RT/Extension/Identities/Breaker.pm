# Keeps a worker from waiting again and again for what does not answer. After three failures within 30 s nothing is
# asked for 10 s; then one call tries. One object for each process; the time comes from its caller, in seconds of a
# clock that never steps.
package RT::Extension::Identities::Breaker;
use strict;
use warnings;

use constant { LIMIT => 3, WINDOW_S => 30, REST_S => 10 };

sub new {
    my ($class) = @_;
    return bless { failures => [], closed_from => undef }, $class;
}

sub admits {
    my ($self, $now) = @_;
    return !defined $self->{closed_from} || $now >= $self->{closed_from};
}

sub succeeded {
    my ($self) = @_;
    $self->{failures} = [];
    $self->{closed_from} = undef;
    return;
}

sub failed {
    my ($self, $now) = @_;
    push @{ $self->{failures} }, $now;
    @{ $self->{failures} } = grep { $_ > $now - WINDOW_S } @{ $self->{failures} };
    # Whoever tries after a rest stands for all that waited: its failure is enough.
    $self->trip($now) if defined $self->{closed_from} || @{ $self->{failures} } >= LIMIT;
    return;
}

# For what needs no second try, as a library that is not there.
sub trip {
    my ($self, $now) = @_;
    $self->{closed_from} = $now + REST_S;
    return;
}

# closed: asks; open: rests; trying: the rest is over, the next call decides.
sub state {
    my ($self, $now) = @_;
    return 'closed' unless defined $self->{closed_from};
    return $self->admits($now) ? 'trying' : 'open';
}

1;
