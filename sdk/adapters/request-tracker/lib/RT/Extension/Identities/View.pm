# What an agent may see of the history: by RT's own rights, with few queries, whatever the number of queues.
#   partitions           ACCOUNT, and ACCOUNT/QUEUE for each queue of which the agent sees every ticket
#   internal_partitions  ACCOUNT/QUEUE of those where a group of the agent has ShowTicketComments
#   threads              tickets that the agent sees by a role on them: requestor, Cc, AdminCc, owner, custom roles. Without their comments, because
#                        internal messages are granted by partition.
# and of other accounts what Set(%Identities, Accounts => ...) grants.
package RT::Extension::Identities::View;
use strict;
use warnings;

use JSON ();

# The limits of manifest/schemas/panel_request.json. What is over is left out, oldest tickets and highest queue numbers first, but never the queue
# at hand; a log line tells. So an agent may see too little, never too much.
use constant { MAX_PARTITIONS => 1000, MAX_THREADS => 10_000 };

# of($user, $settings, $queue_id): the view as the schema has it. queue_id: of the ticket at hand, or 0.
sub of {
    my ($user, $settings, $queue_id) = @_;
    my ($account, $configured) = @$settings{qw(Account Accounts)};
    my $in = queues_with($user, 'ShowTicket', 'ShowTicketComments', map { $_->{Right} // () } grep { ref } values %$configured);
    my $accounts = _accounts($user, $configured, $in);
    my $sees_all = $in->{ShowTicket}{all} && $in->{ShowTicketComments}{all};
    return { all => JSON::true } if $sees_all && $accounts->{'*'} && $accounts->{'*'}{internal};

    my @threads;
    @threads = _by_roles($user, $in->{ShowTicket}{ids}) unless $in->{ShowTicket}{all};
    my @queues = _ids($in->{ShowTicket}, $queue_id);
    my %seen = map { $_ => 1 } @queues;
    my @internal = grep { $seen{$_} } _ids($in->{ShowTicketComments}, $queue_id);
    my @others = grep { $_ ne '*' } sort keys %$accounts;
    return {
        all => JSON::false,
        partitions => _within(MAX_PARTITIONS, 'partitions', $account, @others, map { "$account/$_" } @queues),
        internal_partitions => _within(MAX_PARTITIONS, 'internal partitions', (grep { $accounts->{$_}{internal} } @others), map { "$account/$_" } @internal),
        threads => _within(MAX_THREADS, 'tickets seen by a role', @threads),
    };
}

# queues_with($user, @rights): for each right {all => bool, ids => {...}}, as groups of the user hold it; roles on tickets are not looked at. One
# query, as RT::Tickets has it for ShowTicket.
sub queues_with {
    my ($user, @rights) = @_;
    my $acl = RT::ACL->new(RT->SystemUser);
    $acl->Limit(FIELD => 'RightName', OPERATOR => 'IN', VALUE => [@rights, 'SuperUser']);
    my $principal = $acl->Join(ALIAS1 => 'main', FIELD1 => 'PrincipalId', TABLE2 => 'Principals', FIELD2 => 'id');
    $acl->Limit(ALIAS => $principal, FIELD => 'Disabled', VALUE => 0);
    _of_member($acl, 'PrincipalId', $user);
    my %in = map { $_ => { all => 0, ids => {} } } @rights;
    for my $ace (@{ $acl->ItemsArrayRef }) {
        my ($right, $type, $id) = map { $ace->__Value($_) } qw(RightName ObjectType ObjectId);
        if ($right eq 'SuperUser') { $in{$_}{all} = 1 for @rights }
        elsif ($type eq 'RT::System') { $in{$right}{all} = 1 }
        elsif ($type eq 'RT::Queue') { $in{$right}{ids}{$id} = 1 }
    }
    return \%in;
}

# Rows whose group the user is in, directly or not.
sub _of_member {
    my ($collection, $field, $user) = @_;
    my $member = $collection->Join(ALIAS1 => 'main', FIELD1 => $field, TABLE2 => 'CachedGroupMembers', FIELD2 => 'GroupId');
    $collection->Limit(ALIAS => $member, FIELD => 'MemberId', VALUE => $user->id);
    $collection->Limit(ALIAS => $member, FIELD => 'Disabled', VALUE => 0);
    return;
}

# Ids of queues, the one at hand first.
sub _ids {
    my ($in, $first) = @_;
    my @ids = sort { $a <=> $b } $in->{all} ? _every_queue() : keys %{ $in->{ids} };
    return ((grep { $_ == $first } @ids), (grep { $_ != $first } @ids));
}

sub _every_queue {
    my $queues = RT::Queues->new(RT->SystemUser);
    # Tickets of a queue that was disabled can still be opened.
    $queues->FindAllRows;
    $queues->UnLimit;
    $queues->Columns('id');
    return map { $_->id } @{ $queues->ItemsArrayRef };
}

# Tickets that the user sees by roles, newest first, without those of the queues in $whole. To $whole it adds the queues of which the user is a
# watcher whose role sees tickets everywhere, as RT does. It begins with the user's own groups, so it costs what the user's tickets cost, not what
# all of them would.
sub _by_roles {
    my ($user, $whole) = @_;
    my %roles = RT::Tickets->new($user)->_RolesCanSee or return;
    my @everywhere = grep { !ref $roles{$_} } keys %roles;
    if (@everywhere) {
        my $watched = _role_groups($user, 'RT::Queue-Role');
        $watched->Limit(FIELD => 'Name', OPERATOR => 'IN', VALUE => \@everywhere, CASESENSITIVE => 0);
        $whole->{ $_->__Value('Instance') } = 1 for @{ $watched->ItemsArrayRef };
    }
    my $groups = _role_groups($user, 'RT::Ticket-Role');
    my $ticket = $groups->Join(ALIAS1 => 'main', FIELD1 => 'Instance', TABLE2 => 'Tickets', FIELD2 => 'id');
    $groups->Limit(ALIAS => $ticket, FIELD => 'Status', OPERATOR => '!=', VALUE => 'deleted');
    $groups->Limit(ALIAS => $ticket, FIELD => 'Queue', OPERATOR => 'NOT IN', VALUE => [keys %$whole]) if %$whole;
    $groups->_OpenParen('role');
    for my $role (sort keys %roles) {
        $groups->_OpenParen('role');
        $groups->Limit(SUBCLAUSE => 'role', FIELD => 'Name', VALUE => $role, CASESENSITIVE => 0, ENTRYAGGREGATOR => 'OR');
        $groups->Limit(SUBCLAUSE => 'role', ALIAS => $ticket, FIELD => 'Queue', OPERATOR => 'IN', VALUE => [@{ $roles{$role} }], ENTRYAGGREGATOR => 'AND')
            if ref $roles{$role};
        $groups->_CloseParen('role');
    }
    $groups->_CloseParen('role');
    $groups->OrderBy(FIELD => 'Instance', ORDER => 'DESC');
    # A ticket may be there by two roles.
    $groups->RowsPerPage(2 * MAX_THREADS + 1);
    # Ids alone, because ten thousand objects take long.
    my $query = $groups->BuildSelectQuery;
    my $ids = $RT::Handle->dbh->selectcol_arrayref("SELECT DISTINCT seen.Instance FROM ($query) seen", undef, @{ $groups->{_bind_values} // [] })
        // die 'tickets by role: ' . $RT::Handle->dbh->errstr . "\n";
    return sort { $b <=> $a } @$ids;
}

# Roles of a kind that the user has.
sub _role_groups {
    my ($user, $domain) = @_;
    my $groups = RT::Groups->new(RT->SystemUser);
    $groups->Limit(FIELD => 'Domain', VALUE => $domain, CASESENSITIVE => 0);
    _of_member($groups, 'id', $user);
    return $groups;
}

# The names of the configured accounts that this agent may see.
sub _accounts {
    my ($user, $configured, $in) = @_;
    my %visible;
    my $groups;
    for my $name (keys %$configured) {
        my $rule = $configured->{$name} or next;
        my $whole = ref $rule ? $rule : { Internal => 1 };
        next if length($whole->{Right} // '') && !$in->{ $whole->{Right} }{all};
        $groups //= _groups_of($user) if length($whole->{Group} // '');
        next if length($whole->{Group} // '') && !$groups->{ $whole->{Group} };
        $visible{$name} = { internal => $whole->{Internal} ? 1 : 0 };
    }
    return \%visible;
}

sub _groups_of {
    my ($user) = @_;
    my $groups = RT::Groups->new(RT->SystemUser);
    $groups->LimitToUserDefinedGroups;
    _of_member($groups, 'id', $user);
    return { map { $_->Name => 1 } @{ $groups->ItemsArrayRef } };
}

# As many as the schema takes, as texts.
sub _within {
    my ($limit, $what, @all) = @_;
    if (@all > $limit) {
        RT->Logger->warning("Identities: an agent's view has more than $limit $what; the last ones are left out");
        $#all = $limit - 1;
    }
    return [map { "$_" } @all];
}

1;
