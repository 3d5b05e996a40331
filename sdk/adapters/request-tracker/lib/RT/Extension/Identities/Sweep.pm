# Hands over what no worker did: transactions made on the command line, those whose worker was killed or whose plugin
# did not answer, and what the shredder removed. It reads RT's transactions from a mark on, and moves the mark only
# behind what the plugin took.
#
# RT gives ids before it commits, so a transaction may appear below the highest one. Each run notes which id was the
# highest; everything up to it has been committed an hour later, and the mark goes there and no further. What lies above
# the mark and was taken is remembered by its id.
#
# State: {mark, taken: [ids], observed: [[time, id]], trying: [ids], failed: {id: times}, refused: [{id, at, why}],
# ran: {at, outcome, message}, through: the highest id when all was handed over, queues: how they were copied at first}
package RT::Extension::Identities::Sweep;
use strict;
use warnings;

use RT::Extension::Identities::Delivery;
use RT::Extension::Identities::Engagement;
use RT::Extension::Identities::Gone;

# The longest that a database transaction of RT may take, and how often the highest id is noted.
use constant { OVERLAP_S => 3600, OBSERVE_S => 60 };
use constant { BATCH => 100, PAGE => 1000, MAX_REFUSED => 1000 };
# So often a transaction may end this process or make the plugin fail; then it is passed over.
use constant MAX_FAILED => 3;

# Statuses of the plugin by which the whole run ends, and with what: later, or when somebody has changed the settings.
my %wait = map { $_ => 1 } qw(unavailable deadline_exceeded rate_limited internal conflict);

# run(state => State, folder => PATH, settings => HASH, send => function, say => function, since => seconds ago, again
# => bool): (outcome, message) with done, wait or settings. send as for Delivery; say takes a line for whoever runs it;
# again tries first what was passed over.
sub run {
    my ($class, %with) = @_;
    my $self = bless { %with, handed => 0, refused => 0, removed => 0, now => time, held => {} }, $class;
    $self->{data} = $with{state}->data // _first($with{since});
    $self->{delivery} =
        RT::Extension::Identities::Delivery->new(account => $with{settings}{Account}, send => $with{send});
    $self->{data}{failed} //= {};
    $self->{data}{queues} //= { %{ $with{settings}{Queues} } };
    $self->{data}{$_} //= [] for qw(taken observed trying refused);
    $self->{taken} = { map { $_ => 1 } @{ $self->{data}{taken} } };
    my ($outcome, $message) = $self->_run;
    $self->{data}{ran} = { at => $self->{now}, outcome => $outcome, message => $message };
    $self->_save;
    return ($outcome, $message);
}

sub _run {
    my ($self) = @_;
    my $fault = RT::Extension::Identities::Engagement::unknown_queues($self->{settings});
    return ('settings', $fault) if $fault;
    my $highest = $self->_observe;
    my ($status, $message) = $self->_removals;
    ($status, $message) = $self->_unfinished if $status eq 'ok';
    ($status, $message) = $self->_again if $status eq 'ok' && $self->{again};
    ($status, $message) = $self->_pass if $status eq 'ok';
    return (outcome($status), "$message ($status); " . $self->_summary) if $status ne 'ok';
    $self->{data}{through} = $highest;
    return ('done', $self->_summary);
}

# outcome($status): how a run ends with a status of the plugin that is not ok.
sub outcome { return $wait{ $_[0] } ? 'wait' : 'settings' }

sub _summary {
    my ($self) = @_;
    my @more = map { $self->{$_} ? "$self->{$_} $_" : () } qw(refused removed);
    return join ', ', "$self->{handed} handed over", @more, 'mark ' . $self->{data}{mark};
}

# What is to be remembered before anything was: from the first transaction of the last day on.
sub _first {
    my ($since) = @_;
    return { mark => first_id_since(time - $since) - 1 };
}

# first_id_since($time): the lowest id of a transaction made at or after it, by halves, because RT has no index by time;
# one behind the last if none.
sub first_id_since {
    my ($time) = @_;
    my $date = RT::Date->new(RT->SystemUser);
    $date->Set(Format => 'unix', Value => $time);
    my ($low, $high) = (1, highest_id() + 1);
    while ($low < $high) {
        my $middle = int(($low + $high) / 2);
        my $next = RT::Transactions->new(RT->SystemUser);
        $next->Limit(FIELD => 'id', OPERATOR => '>=', VALUE => $middle);
        $next->OrderBy(FIELD => 'id', ORDER => 'ASC');
        $next->RowsPerPage(1);
        my $found = $next->First;
        if ($found && $found->Created lt $date->ISO) { $low = $found->id + 1 }
        else { $high = $middle }
    }
    return $low;
}

# highest_id(): of all transactions; 0 when there are none.
sub highest_id {
    my $all = RT::Transactions->new(RT->SystemUser);
    $all->UnLimit;
    $all->OrderBy(FIELD => 'id', ORDER => 'DESC');
    $all->RowsPerPage(1);
    my $last = $all->First;
    return $last ? $last->id : 0;
}

sub _observe {
    my ($self) = @_;
    my $observed = $self->{data}{observed};
    # A clock that was put back must not keep the mark for ever.
    @$observed = grep { $_->[0] <= $self->{now} } @$observed;
    my $highest = highest_id();
    push @$observed, [$self->{now}, $highest] if !@$observed || $observed->[-1][0] + OBSERVE_S <= $self->{now};
    return $highest;
}

sub _save {
    my ($self) = @_;
    my $data = $self->{data};
    delete $self->{taken}{$_} for grep { $_ <= $data->{mark} } keys %{ $self->{taken} };
    delete $data->{failed}{$_} for grep { $_ <= $data->{mark} } keys %{ $data->{failed} };
    $data->{taken} = [map { 0 + $_ } sort { $a <=> $b } keys %{ $self->{taken} }];
    splice @{ $data->{refused} }, 0, @{ $data->{refused} } - MAX_REFUSED if @{ $data->{refused} } > MAX_REFUSED;
    $self->{state}->save($data);
    return;
}

# ---- Transactions ----------------------------------------------------------------------------------------------------

# One look at all that lies above the mark.
sub _pass {
    my ($self) = @_;
    my $after = $self->{data}{mark};
    my %seen;
    while (my @ids = ids_above($after)) {
        $after = $ids[-1];
        @seen{@ids} = ();
        my @new = grep { !$self->{taken}{$_} } @ids;
        while (my @batch = splice @new, 0, BATCH) {
            my ($status, $message) = $self->_hand_over(@batch);
            return ($status, $message) if $status ne 'ok';
            $self->_advance($batch[-1]);
        }
        $self->_advance($after);
    }
    # What was there and is no more has been removed by other means than the shredder.
    my @vanished = grep { !exists $seen{$_} } sort { $a <=> $b } keys %{ $self->{taken} };
    my ($status, $message) = $self->_remove(map { _deleted('engagement.deleted', $_, $self->{now}) } @vanished);
    return ($status, $message) if $status ne 'ok';
    delete $self->{taken}{$_} for @vanished;
    return 'ok';
}

# ids_above($id, $most): of transactions that may tell anything, in order; a page of them unless $most says otherwise.
sub ids_above {
    my ($id, $most) = @_;
    my $next = RT::Transactions->new(RT->SystemUser);
    $next->Limit(FIELD => 'id', OPERATOR => '>', VALUE => $id);
    $next->Limit(FIELD => 'ObjectType', VALUE => 'RT::Ticket');
    $next->Limit(FIELD => 'Type', OPERATOR => 'IN', VALUE => \@RT::Extension::Identities::Engagement::TYPES);
    $next->OrderBy(FIELD => 'id', ORDER => 'ASC');
    $next->RowsPerPage($most // PAGE);
    $next->Columns('id');
    return map { $_->id } @{ $next->ItemsArrayRef };
}

# The mark, when all up to this id has been looked at: not beyond what an hour has settled, nor beyond one that is to be
# tried again.
sub _advance {
    my ($self, $through) = @_;
    my $mark = $self->{data}{mark};
    for my $observed (@{ $self->{data}{observed} }) {
        $mark = $observed->[1] if $observed->[0] + OVERLAP_S <= $self->{now} && $observed->[1] > $mark;
    }
    $mark = $through if $mark > $through;
    for my $held (keys %{ $self->{held} }) { $mark = $held - 1 if $mark >= $held }
    $self->{data}{mark} = $mark if $mark > $self->{data}{mark};
    # Of what is settled one note is enough.
    my @old = grep { $_->[0] + OVERLAP_S <= $self->{now} } @{ $self->{data}{observed} };
    shift @{ $self->{data}{observed} } for 2 .. @old;
    return;
}

# What of them tells anything, in as few calls as can be. What was tried is known before each call, should it end this
# process.
sub _hand_over {
    my ($self, @ids) = @_;
    RT::Extension::Identities::Engagement::forget();
    my @groups;
    for my $id (@ids) {
        my $items = eval { [$self->_items($id)] };
        if (!$items) {
            my ($place) = $@ =~ /( at \S+ line \d+)/;
            return ('unavailable', "RT's database does not answer") unless $RT::Handle->dbh && $RT::Handle->dbh->ping;
            $self->_refuse($id, 'RT\'s record of it cannot be read' . ($place // ''));
        } elsif (@$items) {
            push @groups, { id => $id, items => $items };
        } else {
            $self->{taken}{$id} = 1;
        }
    }
    my ($status, $message) = $self->{delivery}->deliver(
        \@groups,
        sub {
            my ($group, $refusal, $failed) = @_;
            return unless defined $group->{id};
            return $self->_failed($group->{id}, $refusal) if $failed;
            $refusal ? $self->_refuse($group->{id}, $refusal) : ++$self->{handed};
            $self->{taken}{ $group->{id} } = 1;
        },
        sub {
            $self->{data}{trying} = [map { $_->{id} // () } @_];
            $self->_save;
        }
    );
    $self->{data}{trying} = [];
    $self->_save;
    return ($status, $message);
}

sub _items {
    my ($self, $id) = @_;
    my $transaction = RT::Transaction->new(RT->SystemUser);
    $transaction->Load($id);
    return $transaction->id ? RT::Extension::Identities::Engagement::items($transaction, $self->{settings}) : ();
}

# What the run before this one was handing over when it ended without a word: each by itself, so that the one that ends
# it is found.
sub _unfinished {
    my ($self) = @_;
    my @ids = grep { !$self->{taken}{$_} && $_ > $self->{data}{mark} } @{ $self->{data}{trying} };
    if (@ids == 1 && ++$self->{data}{failed}{ $ids[0] } >= MAX_FAILED) {
        $self->_refuse($ids[0], 'the process ended while it was handed over');
        return 'ok';
    }
    for my $id (@ids) {
        my ($status, $message) = $self->_hand_over($id);
        return ($status, $message) if $status ne 'ok';
    }
    return 'ok';
}

# What was passed over, once its reason is mended.
sub _again {
    my ($self) = @_;
    my @ids = map { $_->{id} } @{ $self->{data}{refused} };
    $self->{data}{refused} = [];
    while (my @batch = splice @ids, 0, BATCH) {
        my ($status, $message) = $self->_hand_over(@batch);
        next if $status eq 'ok';
        push @{ $self->{data}{refused} }, map { { id => $_, at => $self->{now}, why => $message } } @batch, @ids;
        return ($status, $message);
    }
    return 'ok';
}

# The plugin failed at this one alone: it is tried again in later runs, and passed over when it fails each time.
sub _failed {
    my ($self, $id, $message) = @_;
    if (++$self->{data}{failed}{$id} >= MAX_FAILED || $id <= $self->{data}{mark}) {
        $self->_refuse($id, $message);
    } else {
        $self->{held}{$id} = 1;
    }
    return;
}

# Passed over: told once, and noted.
sub _refuse {
    my ($self, $id, $why) = @_;
    ++$self->{refused};
    $self->{taken}{$id} = 1;
    push @{ $self->{data}{refused} }, { id => 0 + $id, at => $self->{now}, why => $why };
    $self->{say}->("transaction $id is passed over: $why");
    return;
}

# ---- What was removed ------------------------------------------------------------------------------------------------

sub _deleted {
    my ($type, $id, $time) = @_;
    return { type => $type, timestamp => time_at($time, $id), data => { id => "$id" } };
}

# time_at($time, $id): a moment of this machine as the schema has times, for what is told of that transaction.
sub time_at {
    my ($time, $id) = @_;
    my $date = RT::Date->new(RT->SystemUser);
    $date->Set(Format => 'unix', Value => $time);
    return RT::Extension::Identities::Engagement::time_text($date->ISO, $id);
}

# The shredder's notes. A line whose row is still there is of a database transaction that was rolled back, or is not
# committed yet.
sub _removals {
    my ($self) = @_;
    my $folder = $self->{folder};
    for my $file (RT::Extension::Identities::Gone::files($folder)) {
        my (@items, @later, %told);
        for my $line (RT::Extension::Identities::Gone::lines($file)) {
            if (_is_there($line)) {
                push @later, $line->{line} if $line->{time} + OVERLAP_S > $self->{now};
                next;
            }
            next if $told{"$line->{kind} $line->{id}"}++;
            push @items, $self->_removed($line);
        }
        my ($status, $message) = $self->_remove(@items);
        return ($status, $message) if $status ne 'ok';
        RT::Extension::Identities::Gone::append($folder, @later) if @later;
        unlink $file or die "$file: $!\n";
    }
    return 'ok';
}

sub _is_there {
    my ($line) = @_;
    my ($class, $id) =
        $line->{kind} eq 'ticket' ? ('RT::Ticket', $line->{id})
        : $line->{kind} eq 'transaction' ? ('RT::Transaction', $line->{id})
        : ('RT::Attachment', $line->{attachment} // 0);
    my $record = $class->new(RT->SystemUser);
    $record->LoadById($id);
    return $record->id;
}

sub _removed {
    my ($self, $line) = @_;
    return _deleted('thread.deleted', $line->{id}, $line->{time}) if $line->{kind} eq 'ticket';
    return _deleted('engagement.deleted', $line->{id}, $line->{time}) if $line->{kind} eq 'transaction';
    my $transaction = RT::Transaction->new(RT->SystemUser);
    $transaction->Load($line->{id});
    return unless $transaction->id;
    return RT::Extension::Identities::Engagement::changed(
        $transaction, $self->{settings}, time_at($line->{time}, $line->{id})
    );
}

sub _remove {
    my ($self, @items) = @_;
    return $self->{delivery}->deliver(
        [map { { items => [$_] } } @items],
        sub {
            my ($group, $refusal) = @_;
            $refusal ? $self->{say}->("a removal is passed over: $refusal") : ++$self->{removed};
        }
    );
}

1;
