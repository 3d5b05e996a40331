# What an agent may see of the history: by RT's own rights, with few queries, whatever the number of queues.
#   partitions           ACCOUNT, and ACCOUNT/QUEUE for each queue where a group of the agent has ShowTicket
#   internal_partitions  ACCOUNT/QUEUE where ShowTicketComments comes with it
#   threads              tickets that the agent sees by a role alone: requestor, Cc, AdminCc, owner, custom roles. Without their comments, because
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
    my $account = $settings->{Account};
    my $in = queues_with($user, qw(ShowTicket ShowTicketComments));
    my $accounts = _accounts($user, $settings->{Accounts});
    my $sees_all = $in->{ShowTicket}{all} && $in->{ShowTicketComments}{all};
    return { all => JSON::true } if $sees_all && $accounts->{'*'} && $accounts->{'*'}{internal};

    my @queues = _ids($in->{ShowTicket}, $queue_id);
    my %seen = map { $_ => 1 } @queues;
    my @internal = grep { $seen{$_} } _ids($in->{ShowTicketComments}, $queue_id);
    my @others = grep { $_ ne '*' } sort keys %$accounts;
    return {
        all => JSON::false,
        partitions => _within(MAX_PARTITIONS, 'partitions', $account, @others, map { "$account/$_" } @queues),
        internal_partitions => _within(MAX_PARTITIONS, 'internal partitions', (grep { $accounts->{$_}{internal} } @others), map { "$account/$_" } @internal),
        threads => $in->{ShowTicket}{all} ? [] : _threads($user, \@queues),
    };
}

# queues_with($user, @rights): for each right {all => bool, ids => {...}}, as groups of the user hold it; roles are not looked at. One query, as
# RT::Tickets has it for ShowTicket.
sub queues_with {
    my ($user, @rights) = @_;
    my $acl = RT::ACL->new(RT->SystemUser);
    $acl->Limit(FIELD => 'RightName', OPERATOR => 'IN', VALUE => [@rights, 'SuperUser']);
    my $principal = $acl->Join(ALIAS1 => 'main', FIELD1 => 'PrincipalId', TABLE2 => 'Principals', FIELD2 => 'id');
    $acl->Limit(ALIAS => $principal, FIELD => 'Disabled', VALUE => 0);
    my $member = $acl->Join(ALIAS1 => 'main', FIELD1 => 'PrincipalId', TABLE2 => 'CachedGroupMembers', FIELD2 => 'GroupId');
    $acl->Limit(ALIAS => $member, FIELD => 'MemberId', VALUE => $user->id);
    $acl->Limit(ALIAS => $member, FIELD => 'Disabled', VALUE => 0);
    my %in = map { $_ => { all => 0, ids => {} } } @rights;
    for my $ace (@{ $acl->ItemsArrayRef }) {
        my ($right, $type, $id) = map { $ace->__Value($_) } qw(RightName ObjectType ObjectId);
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

sub _every_queue {
    my $queues = RT::Queues->new(RT->SystemUser);
    # Tickets of a queue that was disabled can still be opened.
    $queues->FindAllRows;
    $queues->UnLimit;
    $queues->Columns('id');
    return map { $_->id } @{ $queues->ItemsArrayRef };
}

# RT's own search for what the user may see, without the queues that are seen whole; ids alone, because ten thousand ticket objects take long.
sub _threads {
    my ($user, $queues) = @_;
    my $tickets = RT::Tickets->new($user);
    return [] unless $tickets->_RolesCanSee;
    $tickets->CurrentUserCanSee;
    $tickets->Limit(FIELD => 'Queue', OPERATOR => 'NOT IN', VALUE => [@$queues], ENTRYAGGREGATOR => 'AND') if @$queues;
    $tickets->Limit(FIELD => 'Status', OPERATOR => '!=', VALUE => 'deleted');
    $tickets->OrderBy(FIELD => 'id', ORDER => 'DESC');
    $tickets->RowsPerPage(MAX_THREADS + 1);
    my $query = $tickets->BuildSelectQuery;
    my $ids = $RT::Handle->dbh->selectcol_arrayref("SELECT seen.id FROM ($query) seen", undef, @{ $tickets->{_bind_values} // [] })
        // die 'tickets by role: ' . $RT::Handle->dbh->errstr . "\n";
    return _within(MAX_THREADS, 'tickets seen by a role', sort { $b <=> $a } @$ids);
}

# The names of the configured accounts that this agent may see.
sub _accounts {
    my ($user, $configured) = @_;
    my %visible;
    for my $name (keys %$configured) {
        my $rule = $configured->{$name} or next;
        my $whole = ref $rule ? $rule : { Internal => 1 };
        next if length($whole->{Right} // '') && !$user->HasRight(Right => $whole->{Right}, Object => RT->System);
        next if length($whole->{Group} // '') && !_in_group($user, $whole->{Group});
        $visible{$name} = { internal => $whole->{Internal} ? 1 : 0 };
    }
    return \%visible;
}

sub _in_group {
    my ($user, $name) = @_;
    my $group = RT::Group->new(RT->SystemUser);
    $group->LoadUserDefinedGroup($name);
    return $group->id && !$group->Disabled && $group->HasMemberRecursively($user->PrincipalObj) ? 1 : 0;
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
