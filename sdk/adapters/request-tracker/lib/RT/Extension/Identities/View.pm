# What an agent may see of the history: by RT's own rights, with few queries, whatever the number of queues.
#   partitions           ACCOUNT, and ACCOUNT/QUEUE for each queue of which the agent sees every ticket
#   internal_partitions  ACCOUNT/QUEUE of those where a group of the agent has ShowTicketComments
#   threads              tickets that the agent sees by a role on them: requestor, Cc, AdminCc, owner, custom roles.
#                        Without their comments, because internal messages are granted by partition.
# and of other accounts what Set(%Identities, Accounts => ...) grants.
package RT::Extension::Identities::View;
use strict;
use warnings;

use JSON ();
use RT::Extension::Identities::Query;

# The limits of manifest/schemas/panel_request.json. What is over is left out, oldest tickets and highest queue numbers
# first, but never the queue at hand; a log line tells. So an agent may see too little, never too much.
use constant { MAX_PARTITIONS => 1000, MAX_THREADS => 10_000 };

# The enabled groups that a user is in, directly or not.
use constant OWN_GROUPS => ' FROM CachedGroupMembers m JOIN {Groups} g ON g.id = m.GroupId'
    . ' JOIN Principals p ON p.id = g.id WHERE m.MemberId = ? AND m.Disabled = 0 AND p.Disabled = 0';

# of($user, $settings, $queue_id): the view as the schema has it. queue_id: of the ticket at hand, or 0.
sub of {
    my ($user, $settings, $queue_id) = @_;
    my ($account, $configured) = @$settings{qw(Account Accounts)};
    my $in = queues_with($user, 'ShowTicket', 'ShowTicketComments',
        map { $_->{Right} // () } grep { ref } values %$configured);
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
        internal_partitions => _within(
            MAX_PARTITIONS, 'internal partitions', (grep { $accounts->{$_}{internal} } @others),
            map { "$account/$_" } @internal
        ),
        threads => _within(MAX_THREADS, 'tickets seen by a role', @threads),
    };
}

# queues_with($user, @rights): for each right {all => bool, ids => {...}}, as groups of the user hold it; roles on
# tickets are not looked at. One query, as RT::Tickets has it for ShowTicket.
sub queues_with {
    my ($user, @rights) = @_;
    my %in = map { $_ => { all => 0, ids => {} } } @rights;
    my $sql =
        'SELECT DISTINCT ACL.RightName, ACL.ObjectType, ACL.ObjectId FROM CachedGroupMembers m'
        . ' JOIN Principals p ON p.id = m.GroupId JOIN ACL ON ACL.PrincipalId = m.GroupId'
        . ' WHERE m.MemberId = ? AND m.Disabled = 0 AND p.Disabled = 0 AND ACL.RightName IN ('
        . RT::Extension::Identities::Query::places(@rights, '') . ')';
    for my $ace (RT::Extension::Identities::Query::rows($sql, $user->id, @rights, 'SuperUser')) {
        my ($right, $type, $id) = @$ace;
        if ($right eq 'SuperUser') { $in{$_}{all} = 1 for @rights }
        elsif ($type eq 'RT::System') { $in{$right}{all} = 1 }
        elsif ($type eq 'RT::Queue') { $in{$right}{ids}{$id} = 1 }
    }
    return \%in;
}

# Ids of queues, the one at hand first.
sub _ids {
    my ($in, $first) = @_;
    my @ids = sort { $a <=> $b } $in->{all} ? _every_queue() : keys %{ $in->{ids} };
    return ((grep { $_ == $first } @ids), (grep { $_ != $first } @ids));
}

# With those that were disabled: their tickets can still be opened.
sub _every_queue { return RT::Extension::Identities::Query::column('SELECT id FROM Queues') }

# Tickets that the user sees by roles, newest first, without those of the queues in $whole. To $whole it adds the queues
# of which the user is a watcher whose role sees tickets everywhere, as RT does. It begins with the user's own groups,
# so it costs what the user's tickets cost, not what all of them would.
sub _by_roles {
    my ($user, $whole) = @_;
    my %roles = RT::Tickets->new($user)->_RolesCanSee or return;
    my %everywhere = map { $_ => 1 } grep { !ref $roles{$_} } keys %roles;
    # RT notes the members of a queue's groups through and through; those of a ticket's it does not, so the user's
    # groups stand beside the user.
    my @members = ($user->id);
    my $own =
        'SELECT g.id, g.Domain, g.Name, g.Instance' . OWN_GROUPS . " AND g.Domain IN ('UserDefined', 'RT::Queue-Role')";
    for my $group (RT::Extension::Identities::Query::rows($own, $user->id)) {
        my ($id, $domain, $name, $instance) = @$group;
        if ($domain eq 'UserDefined') { push @members, $id }
        elsif ($everywhere{$name}) { $whole->{$instance} = 1 }
    }
    my @whole = sort { $a <=> $b } keys %$whole;
    my $sql =
        'SELECT DISTINCT t.id FROM CachedGroupMembers m JOIN {Groups} g ON g.id = m.GroupId'
        . ' JOIN Tickets t ON t.id = g.Instance'
        . ' WHERE m.MemberId IN (' . RT::Extension::Identities::Query::places(@members) . ')'
        . " AND m.Disabled = 0 AND g.Domain = 'RT::Ticket-Role' AND t.Status <> 'deleted'";
    my @bind = @members;
    if (@whole) {
        $sql .= ' AND t.Queue NOT IN (' . RT::Extension::Identities::Query::places(@whole) . ')';
        push @bind, @whole;
    }
    my @allowed;
    for my $role (sort keys %roles) {
        my @queues = ref $roles{$role} ? @{ $roles{$role} } : ();
        next if ref $roles{$role} && !@queues;
        push @allowed, '(g.Name = ?'
            . (@queues ? ' AND t.Queue IN (' . RT::Extension::Identities::Query::places(@queues) . ')' : '') . ')';
        push @bind, $role, @queues;
    }
    return unless @allowed;
    $sql .= ' AND (' . join(' OR ', @allowed) . ') ORDER BY t.id DESC LIMIT ' . (MAX_THREADS + 1);
    return RT::Extension::Identities::Query::column($sql, @bind);
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
    return {
        map { $_ => 1 } RT::Extension::Identities::Query::column(
            'SELECT g.Name' . OWN_GROUPS . " AND g.Domain = 'UserDefined'", $user->id
        )
    };
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
