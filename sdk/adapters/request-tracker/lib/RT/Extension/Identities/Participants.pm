# Who a message of RT was with: told by what stood in its ticket before it, so it is the same whenever it is asked.
# Reads RT's database alone and as its system user. Transactions are RT's, users too.
package RT::Extension::Identities::Participants;
use strict;
use warnings;

# How many earlier messages are looked at for who wrote last.
use constant EARLIER => 50;

our @MESSAGE_TYPES = qw(Create Correspond Comment);

# is_message($transaction): whether it is one of these.
sub is_message {
    my ($transaction) = @_;
    return grep { $_ eq $transaction->Type } @MESSAGE_TYPES;
}

# messages(\@tickets, $before, latest => N): those of these tickets before a transaction, oldest first; the latest first
# when so many of them are asked for.
sub messages {
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

# user($id): an RT::User, empty when there is none.
sub user {
    my ($id) = @_;
    my $user = RT::User->new(RT->SystemUser);
    $user->LoadById($id);
    return $user;
}

# is_inbound($transaction): whether the customer's side wrote it: a requestor of that time, also one who is an agent
# elsewhere, or somebody who is no agent.
sub is_inbound {
    my ($transaction) = @_;
    my $writer = $transaction->Creator;
    return 0 if $writer == RT->SystemUser->id || $writer == RT->Nobody->id;
    return 1 if !user($writer)->Privileged;
    return (grep { $_ == $writer } _requestors_then($transaction)) ? 1 : 0;
}

# customer($transaction, $inbound): the customer as an RT::User, and how it was told: wrote, requestor, or later (a
# requestor who came after it). Nothing for a ticket without any.
sub customer {
    my ($transaction, $inbound) = @_;
    return (user($transaction->Creator), 'wrote') if $inbound && $transaction->Type ne 'Comment';
    my %asked;
    for my $earlier (messages([$transaction->ObjectId], $transaction->id, latest => EARLIER)) {
        next if $earlier->Type eq 'Comment' || $asked{ $earlier->Creator }++;
        return (user($earlier->Creator), 'wrote') if is_inbound($earlier);
    }
    my ($requestor) = _requestors_then($transaction);
    return (user($requestor), 'requestor') if $requestor;
    my ($later) = map { $_->NewValue }
        grep { $_->Type eq 'AddWatcher' && _is_user($_->NewValue) }_requestor_changes_after($transaction);
    return $later ? (user($later), 'later') : ();
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

1;
