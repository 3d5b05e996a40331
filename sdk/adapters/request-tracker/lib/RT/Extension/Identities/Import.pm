# The past of RT, brought into the history: every message up to the highest id at the beginning, oldest first, at a rate
# that leaves room for agents. Mapped as the sweep maps; what is there already stays as it is. With apply, the same walk
# applies the setting Queues to what is there: each message is told anew as it stands now, or taken back. State:
# {filter, through, after, done, total, refused: [{id, why}]}, with apply also {began, policies, queues: {name: how it
# is copied}}
package RT::Extension::Identities::Import;
use strict;
use warnings;

use JSON ();
use Time::HiRes ();
use RT::Extension::Identities::Delivery;
use RT::Extension::Identities::Engagement;
use RT::Extension::Identities::Participants;
use RT::Extension::Identities::Sweep;

use constant { BATCH => 100, MAX_REFUSED => 1000, MAX_TRIES => 6, REST_S => 10 };

# new(settings => HASH, send => function, say => function, state => State, rate => messages a second, filter => {since
# => time, queue => id}, apply => bool, restart => bool, progress => function, stopped => function): progress takes
# (done, total, rate); stopped says whether to end after the batch at hand.
sub new {
    my ($class, %self) = @_;
    my $self = bless { %self }, $class;
    $self->{delivery} = RT::Extension::Identities::Delivery->new(
        account => $self->{settings}{Account}, send => sub { $self->_send_patiently(@_) },
    );
    return $self;
}

# prepare(): the state to begin or go on with. Dies with a line when an unfinished one had other choices.
sub prepare {
    my ($self) = @_;
    my $data = $self->{state}->data // {};
    my $choices = join ' ', map { "$_=$self->{filter}{$_}" } sort keys %{ $self->{filter} };
    my $is_over = $self->{restart} || !defined $data->{filter} || $data->{done} >= $data->{total};
    my $is_same = ($data->{filter} // '') eq $choices;
    die "an import with other choices ($data->{filter}) is not finished; finish it, or begin anew with --restart\n"
        if !$is_over && !$is_same;
    my $goes_on = defined $data->{filter} && $is_same && !$self->{restart};
    # Brought in is what came since the last time; a setting is applied to all, and to all anew when it is another.
    my $policies = JSON->new->canonical->encode($self->{settings}{Queues});
    $goes_on = 0 if $self->{apply} && ($is_over || $data->{policies} ne $policies);
    if (!$goes_on) {
        my %applied = (began => time, policies => $policies, queues => $data->{queues} // {});
        $data = {
            filter => $choices, after => $self->_before_first, through => 0, done => 0, total => 0, refused => [],
            $self->{apply} ? %applied : (),
        };
    }
    if ($data->{done} >= $data->{total}) {
        $data->{through} = RT::Extension::Identities::Sweep::highest_id();
        $data->{done} = 0;
        $data->{total} = $self->_messages($data->{after}, $data->{through})->Count;
    }
    return $self->{data} = $data;
}

sub _before_first {
    my ($self) = @_;
    my $since = $self->{filter}{since};
    return $since ? RT::Extension::Identities::Sweep::first_id_since($since) - 1 : 0;
}

# run(): (outcome, message) with done, stopped, wait or settings.
sub run {
    my ($self) = @_;
    my $data = $self->{data};
    my $fault = RT::Extension::Identities::Engagement::unknown_queues($self->{settings});
    return ('settings', $fault) if $fault;
    my $began = Time::HiRes::time();
    my $handed = 0;
    while (my @ids = $self->_next_ids) {
        my ($status, $message) = $self->_hand_over(@ids);
        return (RT::Extension::Identities::Sweep::outcome($status), "$message ($status)") if $status ne 'ok';
        $data->{after} = $ids[-1];
        $data->{done} += @ids;
        $self->{state}->save($data);
        $handed += @ids;
        my $took = Time::HiRes::time() - $began;
        $self->{progress}->($data->{done}, $data->{total}, $handed / ($took || 1));
        return ('stopped', "$data->{done} of $data->{total} messages; run it again to go on") if $self->{stopped}->();
        my $early = $handed / $self->{rate} - $took;
        Time::HiRes::sleep($early) if $early > 0;
    }
    # What was shredded meanwhile does not keep it unfinished.
    $data->{done} = $data->{total};
    $data->{after} = $data->{through};
    $self->_note_queues if $self->{apply} && !$self->{filter}{since};
    $self->{state}->save($data);
    return ('done', "$data->{total} messages " . ($self->{apply} ? 'gone through' : 'brought in')
            .(@{ $data->{refused} } ? ', ' . @{ $data->{refused} } . ' passed over' : ''));
}

sub _messages {
    my ($self, $after, $through) = @_;
    my $messages = RT::Transactions->new(RT->SystemUser);
    $messages->Limit(FIELD => 'id', OPERATOR => '>', VALUE => $after);
    $messages->Limit(FIELD => 'id', OPERATOR => '<=', VALUE => $through, ENTRYAGGREGATOR => 'AND');
    $messages->Limit(FIELD => 'ObjectType', VALUE => 'RT::Ticket');
    my @types = @RT::Extension::Identities::Participants::MESSAGE_TYPES;
    $messages->Limit(FIELD => 'Type', OPERATOR => 'IN', VALUE => \@types);
    if ($self->{filter}{queue}) {
        # A merged ticket's messages are where it went to.
        my $own = $messages->Join(ALIAS1 => 'main', FIELD1 => 'ObjectId', TABLE2 => 'Tickets', FIELD2 => 'id');
        my $stands = $messages->Join(ALIAS1 => $own, FIELD1 => 'EffectiveId', TABLE2 => 'Tickets', FIELD2 => 'id');
        $messages->Limit(ALIAS => $stands, FIELD => 'Queue', VALUE => $self->{filter}{queue});
    }
    return $messages;
}

sub _next_ids {
    my ($self) = @_;
    my $next = $self->_messages($self->{data}{after}, $self->{data}{through});
    $next->OrderBy(FIELD => 'id', ORDER => 'ASC');
    # No more at once than a second's share, so that the rate is even.
    $next->RowsPerPage($self->{rate} < BATCH ? $self->{rate} : BATCH);
    $next->Columns('id');
    return map { $_->id } @{ $next->ItemsArrayRef };
}

sub _hand_over {
    my ($self, @ids) = @_;
    RT::Extension::Identities::Engagement::forget();
    my @groups;
    for my $id (@ids) {
        my $transaction = RT::Transaction->new(RT->SystemUser);
        $transaction->Load($id);
        next unless $transaction->id;
        my $items = eval { [$self->_items($transaction)] };
        if ($items) { push @groups, { id => $id, items => $items } if @$items }
        elsif ($RT::Handle->dbh && $RT::Handle->dbh->ping) { $self->_refuse($id, 'RT\'s record of it cannot be read') }
        else { return ('unavailable', "RT's database does not answer") }
    }
    return $self->{delivery}->deliver(
        \@groups,
        sub {
            my ($group, $refusal) = @_;
            $self->_refuse($group->{id} // 0, $refusal) if $refusal;
        }
    );
}

sub _items {
    my ($self, $transaction) = @_;
    return RT::Extension::Identities::Engagement::items($transaction, $self->{settings}) unless $self->{apply};
    my $time = RT::Extension::Identities::Sweep::time_at($self->{data}{began}, $transaction->id);
    return RT::Extension::Identities::Engagement::standing($transaction, $self->{settings}, $time);
}

# For the status page: how each queue is copied that was gone through.
sub _note_queues {
    my ($self) = @_;
    my $queues = RT::Queues->new(RT->SystemUser);
    $queues->FindAllRows;
    $self->{filter}{queue}
        ? $queues->Limit(FIELD => 'id', VALUE => $self->{filter}{queue})
        : $queues->UnLimit;
    for my $queue (@{ $queues->ItemsArrayRef }) {
        my $policy = RT::Extension::Identities::Engagement::policy($self->{settings}, $queue);
        $self->{data}{queues}{ $queue->Name } = $policy;
    }
    return;
}

sub _refuse {
    my ($self, $id, $why) = @_;
    my $refused = $self->{data}{refused};
    push @$refused, { id => 0 + $id, why => $why } if @$refused < MAX_REFUSED;
    $self->{say}->("transaction $id is passed over: $why");
    return;
}

# A database that is restarted must not end a night's work: some tries, with the rest that the breaker takes between
# them.
sub _send_patiently {
    my ($self, $body) = @_;
    my ($status, $reply);
    for my $try (1 .. MAX_TRIES) {
        ($status, $reply) = $self->{send}->($body);
        last
            if $status !~ /^(?:unavailable|deadline_exceeded|rate_limited)$/
            || $self->{stopped}->()
            || $try == MAX_TRIES;
        $self->{say}->("$reply; tried again in " . REST_S . ' s') if $try == 1;
        Time::HiRes::sleep(REST_S);
    }
    return ($status, $reply);
}

1;
