# A transaction of RT as items of manifest/schemas/engagement.json. Reads RT's database alone and as its system user.
#
# The same transaction gives the same items whenever it is asked: its id is the idempotency key, and who a message was
# with is told by what stood in the ticket before it. Where a thread stands, how it is called and whether it is open are
# told as they are now; the newest item wins.
#
#   Create, Correspond     engagement.created, in when the customer's side wrote (a requestor then, or
#                          whoever is no agent), else out
#   Comment                the same, internal, whoever wrote
#   Status, subject        thread.updated
#   another queue          thread.moved, and the messages anew where the new queue is copied in another way
#   MergedInto             the messages of the merged ticket anew, in the thread of the one it went to
#   a first requestor      the messages that were with nobody before
#   a deleted ticket       thread.deleted
package RT::Extension::Identities::Engagement;
use strict;
use warnings;
use utf8;

use RT::Extension::Identities::Message;

use constant { MAX_SUBJECT => 255, MAX_ADDRESS => 320 };
# Microseconds in a second. RT's clock has seconds; the id orders what happened in one.
use constant ID_ROOM => 1_000_000;
# How many earlier messages are looked at for what a mail quotes, and for who wrote last.
use constant { QUOTABLE => 3, EARLIER => 50 };

# In place of a text that the queue's setting keeps in RT.
use constant KEPT_IN_RT => '(The text of this message is in RT alone.)';

our @MESSAGE_TYPES = qw(Create Correspond Comment);
# The types of transactions that tell anything.
our @TYPES = (@MESSAGE_TYPES, qw(Status Set AddLink AddWatcher));

# items($transaction, $settings): a list, empty for what tells nothing.
sub items {
    my ($transaction, $settings) = @_;
    return unless $transaction->id && $transaction->ObjectType eq 'RT::Ticket';
    my $asked = _asked($transaction, $settings) or return;
    return if $asked->{policy} eq 'none' && !_is_move($transaction);
    return _deleted_thread($asked) if $asked->{ticket}->__Value('Status') eq 'deleted';
    my $type = $transaction->Type;
    return _message($asked, $transaction, 'engagement.created', time_of($transaction))
        if grep { $_ eq $type } @MESSAGE_TYPES;
    my $field = $transaction->Field // '';
    return _first_requestor($asked) if $type eq 'AddWatcher' && $field eq 'Requestor';
    return _merged($asked) if $type eq 'AddLink' && $field eq 'MergedInto';
    # What changed in a ticket that was merged later is not true of the one it went to.
    return if $asked->{ticket}->id != $transaction->ObjectId;
    return _status($asked) if $type eq 'Status';
    return _subject($asked) if $type eq 'Set' && $field eq 'Subject';
    return _moved($asked) if _is_move($transaction);
    return;
}

# changed($transaction, $settings, $time): its message as it is after it was changed in RT's database.
sub changed {
    my ($transaction, $settings, $time) = @_;
    my $asked = _asked($transaction, $settings) or return;
    return
        if $asked->{policy} eq 'none'
        || $asked->{ticket}->__Value('Status') eq 'deleted'
        || !_is_message($transaction);
    return _message($asked, $transaction, 'engagement.edited', $time);
}

# forget(): what this process read of RT before, so that the next items tell how tickets stand now. For processes
# without requests.
sub forget {
    DBIx::SearchBuilder::Record::Cachable->FlushCache;
    %RT::Ticket::MERGE_CACHE = (effective => {}, merged => {});
    return;
}

# When it happened, as the schema has times.
sub time_of {
    my ($transaction) = @_;
    return time_text($transaction->Created, $transaction->id);
}

sub time_text {
    my ($created, $id) = @_;
    my ($date, $time) = ($created // '') =~ /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/ or return '1970-01-01T00:00:00Z';
    return sprintf '%sT%s.%06dZ', $date, $time, $id % ID_ROOM;
}

# policy($settings, $queue): how an RT::Queue is copied: whole, metadata or none.
sub policy {
    my ($settings, $queue) = @_;
    my $queues = $settings->{Queues} // {};
    return $queues->{ $queue->__Value('Name') // '' } // $queues->{'*'} // 'whole';
}

sub _asked {
    my ($transaction, $settings) = @_;
    my $ticket = RT::Ticket->new(RT->SystemUser);
    # By Load, which goes on to the ticket that this one was merged into.
    $ticket->Load($transaction->ObjectId);
    return unless $ticket->id;
    my $policy = policy($settings, $ticket->QueueObj);
    return { transaction => $transaction, ticket => $ticket, settings => $settings, policy => $policy };
}

sub _is_message {
    my ($transaction) = @_;
    return grep { $_ eq $transaction->Type } @MESSAGE_TYPES;
}

sub _is_move {
    my ($transaction) = @_;
    return $transaction->Type eq 'Set' && ($transaction->Field // '') eq 'Queue';
}

# ---- Threads ---------------------------------------------------------------------------------------------------------

sub _thread_item {
    my ($asked, $type, %data) = @_;
    my $id = '' . $asked->{ticket}->id;
    return { type => $type, timestamp => time_of($asked->{transaction}), data => { id => $id, %data } };
}

sub _deleted_thread { return _thread_item($_[0], 'thread.deleted') }

sub _status {
    my ($asked) = @_;
    return _thread_item($asked, 'thread.updated', status => _status_word($asked, $asked->{transaction}->NewValue));
}

sub _subject {
    my ($asked) = @_;
    my $subject = _short(MAX_SUBJECT, $asked->{transaction}->NewValue);
    return if $asked->{policy} eq 'metadata' || !length $subject;
    return _thread_item($asked, 'thread.updated', subject => $subject);
}

# First the move, so that whoever may not see the new queue sees nothing at once.
sub _moved {
    my ($asked) = @_;
    my $transaction = $asked->{transaction};
    my ($from, $to) =
        map { my $queue = RT::Queue->new(RT->SystemUser); $queue->Load($_); $queue }$transaction->OldValue,
        $transaction->NewValue;
    my ($before, $after) = map { $_->id ? policy($asked->{settings}, $_) : 'whole' } $from, $to;
    return if $before eq 'none' && $after eq 'none';
    my $moved = _thread_item($asked, 'thread.moved', partition => '' . $transaction->NewValue);
    return $moved if $before eq $after;
    my $time = time_of($transaction);
    my @messages = _messages([_ids_of_thread($asked->{ticket})], $transaction->id);
    # As the queue is copied where the ticket stands now; another move since then has its own items.
    return ($moved, map { _message($asked, $_, 'engagement.created', $time) } @messages)
        unless $asked->{policy} eq 'none';
    return ($moved,
        map { { type => 'engagement.deleted', timestamp => $time, data => { id => '' . $_->id } } }@messages);
}

# RT notes a merge on both tickets; the one that went away tells it.
sub _merged {
    my ($asked) = @_;
    my $transaction = $asked->{transaction};
    return if $transaction->ObjectId == $asked->{ticket}->id;
    my $time = time_of($transaction);
    # With those that had been merged into it before.
    my @gone = grep { $_ != $asked->{ticket}->id } _ids_of_thread($asked->{ticket});
    return map { _message($asked, $_, 'engagement.created', $time) } _messages(\@gone, $transaction->id);
}

sub _first_requestor {
    my ($asked) = @_;
    my $transaction = $asked->{transaction};
    my @items;
    for my $message (_messages([$transaction->ObjectId], $transaction->id)) {
        my ($customer, $how) = _customer($message, _is_inbound($message));
        push @items, _message($asked, $message, 'engagement.created', time_of($message))
            if $customer && $how eq 'later';
    }
    return @items;
}

# Of the ticket itself and of those that were merged into it.
sub _ids_of_thread {
    my ($ticket) = @_;
    my $tickets = RT::Tickets->new(RT->SystemUser);
    $tickets->{allow_deleted_search} = 1;
    $tickets->LimitField(FIELD => 'EffectiveId', VALUE => $ticket->id);
    return map { $_->id } @{ $tickets->ItemsArrayRef };
}

# The messages of these tickets before a transaction, oldest first.
sub _messages {
    my ($tickets, $before, %more) = @_;
    return unless @$tickets;
    my $messages = RT::Transactions->new(RT->SystemUser);
    $messages->Limit(FIELD => 'ObjectType', VALUE => 'RT::Ticket');
    $messages->Limit(FIELD => 'ObjectId', OPERATOR => 'IN', VALUE => $tickets);
    $messages->Limit(FIELD => 'Type', OPERATOR => 'IN', VALUE => \@MESSAGE_TYPES);
    $messages->Limit(FIELD => 'id', OPERATOR => '<', VALUE => $before);
    $messages->OrderBy(FIELD => 'id', ORDER => $more{latest} ? 'DESC' : 'ASC');
    $messages->RowsPerPage($more{latest}) if $more{latest};
    return @{ $messages->ItemsArrayRef };
}

# Closed as the queue's lifecycle has it; waiting for the customer by the names of the setting.
sub _status_word {
    my ($asked, $status) = @_;
    my $lifecycle = $asked->{ticket}->LifecycleObj;
    return 'closed' if $lifecycle && $lifecycle->IsInactive($status);
    return (grep { lc $_ eq lc $status } @{ $asked->{settings}{WaitingStatuses} // ['stalled'] }) ? 'waiting' : 'open';
}

sub _thread {
    my ($asked) = @_;
    my $ticket = $asked->{ticket};
    my $subject =
        $asked->{policy} eq 'metadata'
        ? 'Ticket ' . $ticket->id
        : _short(MAX_SUBJECT, $ticket->__Value('Subject'));
    return {
        id => '' . $ticket->id, partition => '' . $ticket->__Value('Queue'),
        status => _status_word($asked, $ticket->__Value('Status')),
        (length $subject ? (subject => $subject) : ()),
    };
}

# ---- Messages --------------------------------------------------------------------------------------------------------

sub _message {
    my ($asked, $transaction, $type, $time) = @_;
    my $message = RT::Extension::Identities::Message->of($transaction);
    # Time worked is recorded as a comment or reply without a word.
    return if $message->is_empty && $transaction->Type ne 'Create';
    my $inbound = _is_inbound($transaction);
    my ($customer) = _customer($transaction, $inbound) or return;
    my $writer = _user($transaction->Creator);
    my $whole = $asked->{policy} eq 'whole';
    my $attachments = $whole ? $message->attachments : [];
    my $earlier = sub {
        my @earlier = _messages([$transaction->ObjectId], $transaction->id, latest => QUOTABLE);
        return map { RT::Extension::Identities::Message->of($_)->whole_text } @earlier;
    };
    # An item that was written again is not older than its message.
    my $own_time = time_of($transaction);
    return {
        type => $type,
        timestamp => $time gt $own_time ? $time : $own_time,
        data => {
            id => '' . $transaction->id,
            customer => _customer_item($customer, $inbound ? $message : undef),
            direction => $transaction->Type eq 'Comment' ? 'internal' : $inbound ? 'in' : 'out',
            channel => $message->channel,
            occurred_at => $own_time,
            thread => _thread($asked),
            author => {
                id => '' . $writer->id,
                name => _name($message->name_of_sender($writer->EmailAddress), $writer->RealName, $writer->Name),
            },
            text => $whole ? $message->text($earlier) : KEPT_IN_RT,
            (@$attachments ? (attachments => $attachments) : ()),
        },
    };
}

# RT's user, with the name of the mail at hand where the customer wrote it. By mail address, else by RT's own number, as
# the sidebar asks.
sub _customer_item {
    my ($user, $message) = @_;
    my $address = _short(MAX_ADDRESS + 1, $user->EmailAddress);
    my $name = _name($message ? $message->name_of_sender($user->EmailAddress) : (), $user->RealName);
    my $by_mail = length $address && length $address <= MAX_ADDRESS;
    my $identifier =
        $by_mail ? { kind => 'email', value => $address } : { kind => 'customer', value => '' . $user->id };
    return {
        id => 'u' . $user->id,
        (length $name ? (name => $name) : ()),
        identifiers => [$identifier],
    };
}

sub _user {
    my ($id) = @_;
    my $user = RT::User->new(RT->SystemUser);
    $user->LoadById($id);
    return $user;
}

# ---- Who a message was with ------------------------------------------------------------------------------------------

# Whether the customer's side wrote it: a requestor of that time, also one who is an agent elsewhere, or somebody who is
# no agent.
sub _is_inbound {
    my ($transaction) = @_;
    my $writer = $transaction->Creator;
    return 0 if $writer == RT->SystemUser->id || $writer == RT->Nobody->id;
    return 1 if !_user($writer)->Privileged;
    return (grep { $_ == $writer } _requestors_then($transaction)) ? 1 : 0;
}

# The customer as an RT::User, and how it was told: wrote, requestor, or later (a requestor who came after it). Nothing
# for a ticket without any.
sub _customer {
    my ($transaction, $inbound) = @_;
    return (_user($transaction->Creator), 'wrote') if $inbound && $transaction->Type ne 'Comment';
    my %asked;
    for my $earlier (_messages([$transaction->ObjectId], $transaction->id, latest => EARLIER)) {
        next if $earlier->Type eq 'Comment' || $asked{ $earlier->Creator }++;
        return (_user($earlier->Creator), 'wrote') if _is_inbound($earlier);
    }
    my ($requestor) = _requestors_then($transaction);
    return (_user($requestor), 'requestor') if $requestor;
    my ($later) = map { $_->NewValue }
        grep { $_->Type eq 'AddWatcher' && _is_user($_->NewValue) }_requestor_changes_after($transaction);
    return $later ? (_user($later), 'later') : ();
}

# Ids of the users who were requestors at a transaction: those of today, with each change since then taken back.
sub _requestors_then {
    my ($transaction) = @_;
    my $ticket = RT::Ticket->new(RT->SystemUser);
    $ticket->LoadById($transaction->ObjectId);
    my $members = $ticket->RoleGroup('Requestor')->MembersObj;
    $members->OrderBy(FIELD => 'id', ORDER => 'ASC');
    my @then = map { $_->MemberId } @{ $members->ItemsArrayRef };
    for my $change (reverse _requestor_changes_after($transaction)) {
        if ($change->Type eq 'AddWatcher') {
            @then = grep { $_ != $change->NewValue } @then;
        }
        else { push @then, $change->OldValue }
    }
    return grep { _is_user($_) } @then;
}

sub _requestor_changes_after {
    my ($transaction) = @_;
    my $changes = RT::Transactions->new(RT->SystemUser);
    $changes->Limit(FIELD => 'ObjectType', VALUE => 'RT::Ticket');
    $changes->Limit(FIELD => 'ObjectId', VALUE => $transaction->ObjectId);
    $changes->Limit(FIELD => 'Type', OPERATOR => 'IN', VALUE => [qw(AddWatcher DelWatcher)]);
    $changes->Limit(FIELD => 'Field', VALUE => 'Requestor');
    $changes->Limit(FIELD => 'id', OPERATOR => '>', VALUE => $transaction->id);
    $changes->OrderBy(FIELD => 'id', ORDER => 'ASC');
    return @{ $changes->ItemsArrayRef };
}

sub _is_user {
    my ($id) = @_;
    my $principal = RT::Principal->new(RT->SystemUser);
    $principal->Load($id);
    return $principal->id && $principal->IsUser && $id != RT->Nobody->id && $id != RT->SystemUser->id;
}

sub _name { return _short(RT::Extension::Identities::Message::MAX_NAME, @_) }

# The first text that is none too empty, as one line of what the schema takes.
sub _short {
    my ($limit, @texts) = @_;
    my ($text) = grep { defined && length } @texts;
    return RT::Extension::Identities::Message::_line($text, $limit);
}

1;
