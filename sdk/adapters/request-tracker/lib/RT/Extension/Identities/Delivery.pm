# Groups of items, one for each transaction, on their way to the plugin: several in one call, and by halves where one is
# refused, so that it does not keep the others back. Knows nothing of RT.
package RT::Extension::Identities::Delivery;
use strict;
use warnings;

use JSON ();

# Of one call: the schema takes 500 items, and a transaction of some hundred rows does not keep agents' writes waiting.
use constant { MAX_ITEMS => 100, MAX_BYTES => 4_000_000 };
# How many groups may fail before the first is taken; then it is not their fault.
use constant MAX_FAILED_FIRST => 3;

my $json = JSON->new->utf8;

# new(account => NAME, send => function): send takes {account, items} and returns (status, reply or message) as
# Host::call.
sub new {
    my ($class, %self) = @_;
    return bless { %self }, $class;
}

# deliver(\@groups, $settled, $before): groups {id, items} in order. $settled->($group, $refusal, $failed) is called for
# each that is over: taken, or refused with a line that says why, or, with $failed, one at which the plugin failed while
# it took others. $before->(@groups), when given, before each call. Returns (status, message) of the first that could
# not be settled, with which it stopped, or ("ok").
sub deliver {
    my ($self, $groups, $settled, $before) = @_;
    my @waiting = map { { groups => $_ } } $self->_calls($groups);
    my $took_any = 0;
    my @failed;
    while (my $call = shift @waiting) {
        my @together = @{ $call->{groups} };
        $before->(@together) if $before;
        my @items = map { @{ $_->{items} } } @together;
        my ($status, $message) = $self->{send}->({ account => $self->{account}, items => \@items });
        if ($status eq 'ok') {
            $took_any = 1;
            $settled->($_) for @together;
        } elsif ($status !~ /^(?:unprocessable|too_large|internal)$/ || $message =~ m{^/account\b}) {
            return ($status, $message);
        } elsif (@together > 1) {
            my $half = int(@together / 2);
            unshift @waiting, { groups => [@together[0 .. $half - 1]] }, { groups => [@together[$half .. $#together]] };
        } elsif ($status eq 'internal') {
            # Whether it is this one's fault or the plugin's is told by the others.
            push @failed, [$together[0], $message];
            return ($status, $message) if !$took_any && @failed >= MAX_FAILED_FIRST;
        } else {
            my ($fault, $reason) = $self->_one_by_one($together[0], $message);
            return ($fault, $reason) if $fault ne 'ok';
            $settled->($together[0], $reason);
        }
    }
    return ('internal', $failed[0][1]) if @failed && !$took_any;
    $settled->(@$_, 1) for @failed;
    return 'ok';
}

# Of a group that was refused each item by itself: ("ok", why the first one was refused), or the status that stopped it.
sub _one_by_one {
    my ($self, $group, $refusal) = @_;
    my @items = @{ $group->{items} };
    return ('ok', $refusal) if @items == 1;
    my $first;
    for my $item (@items) {
        my ($status, $message) = $self->{send}->({ account => $self->{account}, items => [$item] });
        next if $status eq 'ok';
        return ($status, $message) unless $status =~ /^(?:unprocessable|too_large)$/;
        $first //= $message;
    }
    return ('ok', $first);
}

# The groups as calls within the limits; a group that is too large alone is divided.
sub _calls {
    my ($self, $groups) = @_;
    my @calls;
    my ($items, $bytes) = (MAX_ITEMS, 0);
    for my $group (map { _divided($_) } @$groups) {
        my $size = 0;
        $size += length $json->encode($_) for @{ $group->{items} };
        if ($items + @{ $group->{items} } > MAX_ITEMS || $bytes + $size > MAX_BYTES) {
            push @calls, [];
            ($items, $bytes) = (0, 0);
        }
        push @{ $calls[-1] }, $group;
        $items += @{ $group->{items} };
        $bytes += $size;
    }
    return @calls;
}

# All but the last part are of no transaction: it is over with its last item.
sub _divided {
    my ($group) = @_;
    my @items = @{ $group->{items} };
    my @parts;
    push @parts, { items => [splice @items, 0, MAX_ITEMS] } while @items > MAX_ITEMS;
    return (@parts, { %$group, items => \@items });
}

1;
