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
#   a deleted ticket       its messages are taken back; a restored one has them told anew
#
# What is taken back may come back: a deletion by the schema is final, so a message is told to stand in a thread of
# which nothing is kept, and told anew, with a later time, once its ticket is copied again. Only what is gone from RT is
# deleted.
package RT::Extension::Identities::Engagement;
use strict;
use warnings;
use utf8;

use RT::Extension::Identities::Message;
use RT::Extension::Identities::Participants;
use RT::Extension::Identities::Query;

use constant { MAX_SUBJECT => 255, MAX_ADDRESS => 320 };
# Microseconds in a second. RT's clock has seconds; the id orders what happened in one.
use constant ID_ROOM => 1_000_000;
# How many earlier messages are looked at for what a mail quotes.
use constant QUOTABLE => 3;

# A thread that is deleted before anything is said in it: what stands there is stored nowhere. No ticket has this id.
use constant NOWHERE => 'nowhere';
# The partition of deleted tickets, which no queue has for its number: it is in nobody's view but that of who sees all.
use constant DELETED => 'deleted';

# In place of a text that the queue's setting keeps in RT.
use constant KEPT_IN_RT => '(The text of this message is in RT alone.)';

# The types of transactions that tell anything.
our @TYPES = (@RT::Extension::Identities::Participants::MESSAGE_TYPES, qw(Status Set AddLink AddWatcher));

# items($transaction, $settings): a list, empty for what tells nothing.
sub items {
    my ($transaction, $settings) = @_;
    return unless $transaction->id && $transaction->ObjectType eq 'RT::Ticket';
    my $asked = _asked($transaction, $settings) or return;
    my $type = $transaction->Type;
    my $field = $transaction->Field // '';
    return _merged($asked) if $type eq 'AddLink' && $field eq 'MergedInto';
    return _items_of_copied($asked) if _is_copied($asked);
    # What changed in a ticket that was merged later is not true of the one it went to.
    return if $asked->{ticket}->id != $transaction->ObjectId;
    return _moved($asked) if _is_move($transaction) && !_is_deleted($asked);
    return _standing($asked) if $type eq 'Status' && $transaction->NewValue eq 'deleted' && $asked->{policy} ne 'none';
    return;
}

sub _items_of_copied {
    my ($asked) = @_;
    my $transaction = $asked->{transaction};
    my $type = $transaction->Type;
    my $field = $transaction->Field // '';
    return _message($asked, $transaction, 'engagement.created', time_of($transaction))
        if RT::Extension::Identities::Participants::is_message($transaction);
    return _first_requestor($asked) if $type eq 'AddWatcher' && $field eq 'Requestor';
    return if $asked->{ticket}->id != $transaction->ObjectId;
    return _standing($asked) if $type eq 'Status' && $transaction->OldValue eq 'deleted';
    return _status($asked) if $type eq 'Status';
    return _subject($asked) if $type eq 'Set' && $field eq 'Subject';
    return _moved($asked) if _is_move($transaction);
    return;
}

# standing($transaction, $settings, $time): its message as it stands now, whatever was handed over before: told anew, or
# taken back where its ticket is not copied.
sub standing {
    my ($transaction, $settings, $time) = @_;
    my $asked = _asked($transaction, $settings) or return;
    return unless RT::Extension::Identities::Participants::is_message($transaction);
    return ((_is_copied($asked) ? () : _places($asked, $time)), _told_anew($asked, $time, $transaction));
}

# changed($transaction, $settings, $time): its message as it is after it was changed in RT's database.
sub changed {
    my ($transaction, $settings, $time) = @_;
    my $asked = _asked($transaction, $settings) or return;
    return unless _is_copied($asked) && RT::Extension::Identities::Participants::is_message($transaction);
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

# unknown_queues($settings): a line when Queues names a queue that is not there, else nothing. A name that was mistyped,
# or whose queue was renamed, would let be copied what should not be: so nothing is, until somebody has corrected it.
sub unknown_queues {
    my ($settings) = @_;
    my %there = map { $_ => 1 } RT::Extension::Identities::Query::column('SELECT Name FROM Queues');
    my @unknown = grep { $_ ne '*' && !$there{$_} } sort keys %{ $settings->{Queues} // {} };
    return unless @unknown;
    return 'Set(%Identities), Queues: expected names of queues, found "'
        . join('", "', @unknown) . '", of which there is none; nothing is handed over until this is corrected';
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

sub _is_deleted { return $_[0]{ticket}->__Value('Status') eq 'deleted' }

sub _is_copied { return $_[0]{policy} ne 'none' && !_is_deleted($_[0]) }

sub _is_move {
    my ($transaction) = @_;
    return $transaction->Type eq 'Set' && ($transaction->Field // '') eq 'Queue';
}

# ---- Threads ---------------------------------------------------------------------------------------------------------

sub _thread_item {
    my ($type, $time, %data) = @_;
    return { type => $type, timestamp => $time, data => \%data };
}

sub _updated {
    my ($asked, %data) = @_;
    return _thread_item('thread.updated', time_of($asked->{transaction}), id => '' . $asked->{ticket}->id, %data);
}

sub _status {
    my ($asked) = @_;
    return _updated($asked, status => _status_word($asked, $asked->{transaction}->NewValue));
}

sub _subject {
    my ($asked) = @_;
    my $subject = _short(MAX_SUBJECT, $asked->{transaction}->NewValue);
    return if $asked->{policy} eq 'metadata' || !length $subject;
    return _updated($asked, subject => $subject);
}

sub _moved {
    my ($asked) = @_;
    my $transaction = $asked->{transaction};
    my ($before, $after) = map { _policy_of_queue($asked, $_) } $transaction->OldValue, $transaction->NewValue;
    return if $before eq 'none' && $after eq 'none';
    # As the queue is copied where the ticket stands now; another move since then has its own items.
    return _standing($asked) if $before ne $after;
    return _places($asked, time_of($transaction), $transaction->NewValue);
}

sub _policy_of_queue {
    my ($asked, $id) = @_;
    my $queue = RT::Queue->new(RT->SystemUser);
    $queue->Load($id);
    return $queue->id ? policy($asked->{settings}, $queue) : 'whole';
}

# The ticket and all its messages until this transaction, as they stand now.
sub _standing {
    my ($asked) = @_;
    my $transaction = $asked->{transaction};
    my $time = time_of($transaction);
    my @ids = _ids_of_thread($asked->{ticket});
    my @messages = RT::Extension::Identities::Participants::messages(\@ids, $transaction->id);
    my $queue = _is_move($transaction) ? $transaction->NewValue : undef;
    return (_places($asked, $time, $queue), _told_anew($asked, $time, @messages));
}

# Where the ticket stands, and those that were merged into it; first of all items, so that whoever may not see it there
# sees nothing at once. What is not copied leaves no subject behind.
sub _places {
    my ($asked, $time, $queue) = @_;
    $queue //= $asked->{ticket}->__Value('Queue');
    my $place = _is_deleted($asked) ? DELETED : "$queue";
    my @ids = _ids_of_thread($asked->{ticket});
    my @moved = map { _thread_item('thread.moved', $time, id => "$_", partition => $place) } @ids;
    return @moved if _is_copied($asked);
    return (@moved, map { _thread_item('thread.updated', $time, id => "$_", subject => "Ticket $_") } @ids);
}

# Messages told anew, or taken back where their ticket is not copied.
sub _told_anew {
    my ($asked, $time, @messages) = @_;
    return map { _message($asked, $_, 'engagement.created', $time) } @messages if _is_copied($asked);
    return unless @messages;
    return (_thread_item('thread.deleted', $time, id => NOWHERE), map { _taken_back($_, $time) } @messages);
}

# Nothing of it is stored, the customer neither.
sub _taken_back {
    my ($transaction, $time) = @_;
    return {
        type => 'engagement.created',
        timestamp => _not_before($transaction, $time),
        data => {
            id => '' . $transaction->id, customer => { id => 'nobody' }, direction => 'internal', text => '',
            channel => RT::Extension::Identities::Message::UNKNOWN_CHANNEL, occurred_at => time_of($transaction),
            thread => { id => NOWHERE },
        },
    };
}

# RT notes a merge on both tickets; the one that went away tells it.
sub _merged {
    my ($asked) = @_;
    my $transaction = $asked->{transaction};
    return if $transaction->ObjectId == $asked->{ticket}->id;
    my $time = time_of($transaction);
    # With those that had been merged into it before.
    my @gone = grep { $_ != $asked->{ticket}->id } _ids_of_thread($asked->{ticket});
    my @messages = RT::Extension::Identities::Participants::messages(\@gone, $transaction->id);
    return (_places($asked, $time), _told_anew($asked, $time, @messages));
}

sub _first_requestor {
    my ($asked) = @_;
    my $transaction = $asked->{transaction};
    my @items;
    for my $message (RT::Extension::Identities::Participants::messages([$transaction->ObjectId], $transaction->id)) {
        my $inbound = RT::Extension::Identities::Participants::is_inbound($message);
        my ($customer, $how) = RT::Extension::Identities::Participants::customer($message, $inbound);
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
    my $inbound = RT::Extension::Identities::Participants::is_inbound($transaction);
    my ($customer) = RT::Extension::Identities::Participants::customer($transaction, $inbound) or return;
    my $writer = RT::Extension::Identities::Participants::user($transaction->Creator);
    my $whole = $asked->{policy} eq 'whole';
    my $attachments = $whole ? $message->attachments : [];
    my $earlier = sub {
        my @earlier = RT::Extension::Identities::Participants::messages(
            [$transaction->ObjectId], $transaction->id, latest => QUOTABLE
        );
        return map { RT::Extension::Identities::Message->of($_)->whole_text } @earlier;
    };
    return {
        type => $type,
        timestamp => _not_before($transaction, $time),
        data => {
            id => '' . $transaction->id,
            customer => _customer_item($customer, $inbound ? $message : undef),
            direction => $transaction->Type eq 'Comment' ? 'internal' : $inbound ? 'in' : 'out',
            channel => $message->channel,
            occurred_at => time_of($transaction),
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

# An item that is written again is not older than its message.
sub _not_before {
    my ($transaction, $time) = @_;
    my $own_time = time_of($transaction);
    return $time gt $own_time ? $time : $own_time;
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

sub _name { return _short(RT::Extension::Identities::Message::MAX_NAME, @_) }

# The first text that is none too empty, as one line of what the schema takes.
sub _short {
    my ($limit, @texts) = @_;
    my ($text) = grep { defined && length } @texts;
    return RT::Extension::Identities::Message::_line($text, $limit);
}

1;
