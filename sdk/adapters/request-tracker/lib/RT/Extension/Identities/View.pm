# What an agent may see of the history: by RT's own rights, with few queries, whatever the number of queues.
#   partitions           ACCOUNT, and ACCOUNT/QUEUE for each queue of which the agent sees every ticket
#   internal_partitions  ACCOUNT/QUEUE of those where the agent sees the comments of each ticket that is in view
#   threads              tickets that the agent sees by a role on them: requestor, Cc, AdminCc, owner, custom roles
# Comments are shown by partition: where a role shows those of some tickets of a queue and not of others, all stay out.
# and of other accounts what Set(%Identities, Accounts => ...) grants.
package RT::Extension::Identities::View;
use strict;
use warnings;

use JSON ();
use RT::Extension::Identities::Query;

# The limits of manifest/schemas/panel_request.json. What is over is left out, oldest tickets and highest queue numbers
# first, but never the queue at hand; and told. So an agent may see too little, never too much.
use constant { MAX_PARTITIONS => 1000, MAX_THREADS => 10_000 };

# The enabled groups that a user is in, directly or not.
use constant OWN_GROUPS => ' FROM CachedGroupMembers m JOIN {Groups} g ON g.id = m.GroupId'
    . ' JOIN Principals p ON p.id = g.id WHERE m.MemberId = ? AND m.Disabled = 0 AND p.Disabled = 0';

# of($user, $settings, $queue_id): the view as the schema has it, and in words what had to be left out. queue_id: of the
# ticket at hand, or 0.
sub of {
    my ($user, $settings, $queue_id) = @_;
    my ($account, $configured) = @$settings{qw(Account Accounts)};
    my $in = queues_with($user, 'ShowTicket', 'ShowTicketComments',
        map { $_->{Right} // () } grep { ref } values %$configured);
    my $accounts = _accounts($user, $configured, $in);
    my $sees_all = $in->{ShowTicket}{all} && $in->{ShowTicketComments}{all};
    return { all => JSON::true } if $sees_all && $accounts->{'*'} && $accounts->{'*'}{internal};

    my ($see, $comments) = @$in{qw(ShowTicket ShowTicketComments)};
    my @tickets = _by_roles($user, $see, $comments);
    my @queues = _ids($see, $queue_id);
    my %by_role;
    for my $ticket (@tickets) {
        my (undef, $queue, $with_comments) = @$ticket;
        $by_role{$queue} = ($by_role{$queue} // 1) && $with_comments;
    }
    my @internal = grep { $comments->{all} || $comments->{ids}{$_} || $by_role{$_} }
        @queues, sort { $a <=> $b } keys %by_role;
    my @others = grep { $_ ne '*' } sort keys %$accounts;
    my %view = (
        partitions => [$account, @others, map { "$account/$_" } @queues],
        internal_partitions => [(grep { $accounts->{$_}{internal} } @others), map { "$account/$_" } @internal],
        threads => [map { "$_->[0]" } @tickets],
    );
    my %most = (partitions => MAX_PARTITIONS, internal_partitions => MAX_PARTITIONS, threads => MAX_THREADS);
    my @left_out = map { _shorten(\%view, $_, $most{$_}) } qw(partitions internal_partitions threads);
    return ({ all => JSON::false, %view }, @left_out);
}

# What the lists of a view hold, for whoever is told that they were cut.
my %words = (
    partitions => 'queues and accounts', internal_partitions => 'queues with comments',
    threads => 'tickets seen by a role', requesters => 'requestors and Ccs',
);

# left_out($list, $kept): that it was cut, in words.
sub left_out { return "all but $_[1] $words{ $_[0] }" }

# A list of the view cut to its first ones; in words what is left out, or nothing.
sub _shorten {
    my ($view, $list, $limit) = @_;
    return if @{ $view->{$list} } <= $limit;
    $view->{$list} = [@{ $view->{$list} }[0 .. $limit - 1]];
    return left_out($list, $limit);
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

# Tickets that the user sees by roles, newest first, as [id, queue, whether with comments], without those of queues that
# are seen wholly. To $see and $comments it adds the queues of which the user is a watcher whose role has that right
# everywhere, as RT does. It begins with the user's own groups, so it costs what the user's tickets cost, not what all
# of them would.
sub _by_roles {
    my ($user, $see, $comments) = @_;
    return if $see->{all} && $comments->{all};
    my $roles = _roles_with('ShowTicket', 'ShowTicketComments');
    return unless map { keys %$_ } values %$roles;
    # RT notes the members of a queue's groups through and through; those of a ticket's it does not, so the user's
    # groups stand beside the user.
    my @members = ($user->id);
    my $own =
        'SELECT g.id, g.Domain, g.Name, g.Instance' . OWN_GROUPS . " AND g.Domain IN ('UserDefined', 'RT::Queue-Role')";
    for my $group (RT::Extension::Identities::Query::rows($own, $user->id)) {
        my ($id, $domain, $name, $queue) = @$group;
        if ($domain eq 'UserDefined') { push @members, $id; next }
        $see->{ids}{$queue} = 1 if _everywhere($roles->{ShowTicket}{$name});
        $comments->{ids}{$queue} = 1 if _everywhere($roles->{ShowTicketComments}{$name});
    }
    return if $see->{all};
    my ($seen, @seen_by) = _held($roles->{ShowTicket}) or return;
    my ($commented, @commented_by) = _held($roles->{ShowTicketComments});
    my @whole = sort { $a <=> $b } keys %{ $see->{ids} };
    my $sql =
        'SELECT t.id, t.Queue, MAX(CASE WHEN ' . ($commented // '1 = 0') . ' THEN 1 ELSE 0 END)'
        . ' FROM CachedGroupMembers m JOIN {Groups} g ON g.id = m.GroupId JOIN Tickets t ON t.id = g.Instance'
        . ' WHERE m.MemberId IN (' . RT::Extension::Identities::Query::places(@members) . ')'
        . " AND m.Disabled = 0 AND g.Domain = 'RT::Ticket-Role' AND t.Status <> 'deleted'"
        . (@whole ? ' AND t.Queue NOT IN (' . RT::Extension::Identities::Query::places(@whole) . ')' : '')
        . " AND ($seen) GROUP BY t.id, t.Queue ORDER BY t.id DESC LIMIT " . (MAX_THREADS + 1);
    return RT::Extension::Identities::Query::rows($sql, @commented_by, @members, @whole, @seen_by);
}

# Which roles hold these rights: {right => {role => [queues], or [0] for everywhere}}.
sub _roles_with {
    my (@rights) = @_;
    my %roles = map { $_ => {} } @rights;
    my $sql =
        'SELECT a.RightName, a.PrincipalType, a.ObjectType, a.ObjectId FROM ACL a JOIN Principals p'
        . " ON p.id = a.PrincipalId WHERE a.PrincipalType <> 'Group' AND p.Disabled = 0 AND a.RightName IN ("
        . RT::Extension::Identities::Query::places(@rights) . ')';
    for my $ace (RT::Extension::Identities::Query::rows($sql, @rights)) {
        my ($right, $role, $type, $id) = @$ace;
        if ($type eq 'RT::System') { $roles{$right}{$role} = [0] }
        elsif ($type eq 'RT::Queue' && !_everywhere($roles{$right}{$role})) { push @{ $roles{$right}{$role} }, $id }
    }
    return \%roles;
}

sub _everywhere { return $_[0] && !$_[0][0] }

# A condition on group g and ticket t that is true for these roles where they hold the right, and its parameters;
# nothing when no role does.
sub _held {
    my ($roles) = @_;
    my (@any, @bind);
    for my $role (sort keys %$roles) {
        my @queues = _everywhere($roles->{$role}) ? () : @{ $roles->{$role} };
        push @any, '(g.Name = ?'
            . (@queues ? ' AND t.Queue IN (' . RT::Extension::Identities::Query::places(@queues) . ')' : '') . ')';
        push @bind, $role, @queues;
    }
    return @any ? (join(' OR ', @any), @bind) : ();
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

1;
