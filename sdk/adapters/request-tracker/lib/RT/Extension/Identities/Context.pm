# Who asks for whom: what RT alone says of a call, in the shape of manifest/schemas/panel_request.json. Each function
# takes the agent (an RT::CurrentUser) and returns {context => ..., scopes => ..., user_page => id of the first
# requester, left_out => [in words, what of the view] } or nothing without a right to see.
package RT::Extension::Identities::Context;
use strict;
use warnings;

use Email::Address::List ();
use RT::Extension::Identities::Query;
use RT::Extension::Identities::View;

# RT's rights and the plugin's scopes. FindIdentity and AdminIdentities are granted globally, the others also in one
# queue.
our %SCOPE = (
    SeeIdentity => 'identity.see', FindIdentity => 'identity.find', WriteIdentityNotes => 'note.write',
    ModerateIdentityNotes => 'note.moderate',
    MergeIdentities => 'identity.merge', SeeSensitiveIdentity => 'attribute.sensitive',
    AdminIdentities => 'identity.admin',
);

# Limits of the schema, of one text each and of the list.
use constant { MAX_REQUESTERS => 50, MAX_VALUE => 320, MAX_NAME => 200 };

# of($agent, $object, $settings, $people): of an RT::Ticket, RT::User or RT::Queue. people: as typed for a new ticket in
# the queue.
sub of {
    my ($agent, $object, $settings, $people) = @_;
    return of_ticket($agent, $object, $settings) if $object->isa('RT::Ticket');
    return of_user($agent, $object, $settings) if $object->isa('RT::User');
    return of_new_ticket($agent, $object, $settings, $people);
}

# Of a ticket: its requestors, then its Ccs. The plugin shows first who wrote last.
sub of_ticket {
    my ($agent, $ticket, $settings) = @_;
    return unless $ticket->CurrentUserHasRight('ShowTicket');
    my $scopes = _scopes($agent, $ticket) or return;
    my %seen;
    my @requesters = grep { !$seen{ lc "$_->{kind} $_->{value}" }++ } _people($ticket->id);
    return unless @requesters;
    return _context($agent, $settings, $scopes, \@requesters, $ticket->id, $ticket->Queue);
}

# Of a user of RT, as on the user summary: opening somebody who is no requester of the ticket at hand is finding.
sub of_user {
    my ($agent, $user, $settings) = @_;
    my $scopes = _scopes($agent, RT->System) or return;
    return unless grep { $_ eq 'identity.find' } @$scopes;
    return _context($agent, $settings, $scopes,
        [_requester('requester', $user->id, $user->EmailAddress, $user->RealName)], undef, undef);
}

# Of a ticket that is being created in a queue, by what was typed for its requestors.
sub of_new_ticket {
    my ($agent, $queue, $settings, $people) = @_;
    my $scopes = may_find($agent, $queue) or return;
    my %seen;
    my @requesters = grep { !$seen{ lc $_->{value} }++ } map { _typed($_->{value}) }
        grep { $_->{type} eq 'mailbox' } Email::Address::List->parse($people // '');
    return unless @requesters;
    return _context($agent, $settings, $scopes, \@requesters, undef, $queue->id);
}

# The scopes in a queue of who may see and find there, or nothing.
sub may_find {
    my ($agent, $queue) = @_;
    my $scopes = _scopes($agent, $queue) or return;
    return (grep { $_ eq 'identity.find' } @$scopes) ? $scopes : undef;
}

sub _typed {
    my ($mailbox) = @_;
    my ($address, $name) = ($mailbox->address, _short(MAX_NAME, $mailbox->phrase));
    return if length $address > MAX_VALUE;
    return { kind => 'email', value => $address, role => 'requester', (length $name ? (name => $name) : ()) };
}

sub _context {
    my ($agent, $settings, $scopes, $requesters, $ticket, $queue) = @_;
    my $user = $agent->UserObj;
    my @left_out;
    if (@$requesters > MAX_REQUESTERS) {
        $#$requesters = MAX_REQUESTERS - 1;
        push @left_out, RT::Extension::Identities::View::left_out('requesters', MAX_REQUESTERS);
    }
    my @ids = map { delete $_->{user_id} } @$requesters;
    my ($view, @of_view) = RT::Extension::Identities::View::of($agent, $settings, $queue // 0);
    return {
        left_out => [@left_out, @of_view],
        scopes => { map { $_ => 1 } @$scopes },
        user_page => $ids[0],
        context => {
            requester => $requesters,
            # The schema wants a thread; RT has no ticket 0.
            ticket => {
                account => $settings->{Account}, thread => '' . ($ticket // 0), ($queue ? (partition => "$queue") : ())
            },
            agent => {
                id => '' . $user->id, name => _short(MAX_NAME, $user->RealName, $user->Name),
                locale => _short(35, $user->Lang),
                time_zone => _short(64, $user->Timezone, RT->Config->Get('Timezone')),
            },
            scopes => $scopes,
            view => $view,
        },
    };
}

# Nothing without the first of all rights.
sub _scopes {
    my ($agent, $object) = @_;
    # Three queries for all rights at once, unless the page has asked already.
    my $rights = $agent->PrincipalObj->HasRights(Object => $object);
    return unless $rights->{SuperUser} || $rights->{SeeIdentity};
    return [map { $SCOPE{$_} } grep { $rights->{SuperUser} || $rights->{$_} } sort keys %SCOPE];
}

# Requestors, then Ccs, each in the order in which they were added. A group among them is no person: its members did not
# write.
sub _people {
    my ($ticket) = @_;
    my @people = RT::Extension::Identities::Query::rows(
        'SELECT g.Name, u.id, u.EmailAddress, u.RealName FROM {Groups} g JOIN GroupMembers m ON m.GroupId = g.id'
            . ' JOIN Users u ON u.id = m.MemberId JOIN Principals p ON p.id = u.id'
            . " WHERE g.Domain = 'RT::Ticket-Role' AND g.Instance = ? AND g.Name IN ('Requestor', 'Cc')"
            . ' AND p.Disabled = 0 ORDER BY m.id', $ticket);
    my @requestors = grep { $_->[0] eq 'Requestor' } @people;
    my @ccs = grep { $_->[0] eq 'Cc' } @people;
    return ((map { _requester('requester', @$_[1 .. 3]) } @requestors), (map { _requester('cc', @$_[1 .. 3]) } @ccs));
}

# By mail address; who has none is known by RT's own number, as the history has it.
sub _requester {
    my ($role, $id, $address, $real_name) = @_;
    my $name = _short(MAX_NAME, $real_name);
    my $by_mail = length($address // '') && length $address <= MAX_VALUE;
    my @who = $by_mail ? (kind => 'email', value => $address) : (kind => 'customer', value => "$id");
    return { @who, role => $role, (length $name ? (name => $name) : ()), user_id => $id };
}

# The first text that is none too empty, cut to what the schema takes.
sub _short {
    my ($limit, @texts) = @_;
    my ($text) = grep { defined && length } @texts;
    return substr($text // '', 0, $limit);
}

1;
