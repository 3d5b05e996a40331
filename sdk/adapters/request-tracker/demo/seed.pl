#!/usr/bin/perl
# Queues, agents and rights of a private RT (private_rt.sh), the same for the demo and the tests. Every user has the
# password of the environment's PRIVATE_RT_PASSWORD.
#   Support    Mia and Tom do everything there; Ben sees and answers its tickets, but not what colleagues comment
#   HR         Mia alone
#   Sales      Tom sees his own tickets there, by his roles on them
#   Hanna      a customer with a login of SelfService
use strict;
use warnings;
use utf8;

use RT -init;

my $system = RT->SystemUser;

sub must {
    my ($what, $ok, $message) = @_;
    die "$what: " . ($message // 'no message') . "\n" unless $ok;
    return;
}

my %queue;
for my $name ('Support', 'HR', 'Sales') {
    $queue{$name} = RT::Queue->new($system);
    must(
        "queue $name",
        $queue{$name}->Create(
            Name => $name, Description => $name, CorrespondAddress => lc($name) . '@example.test',
            CommentAddress => lc($name) . '-comment@example.test',
        )
    );
}

sub user {
    my ($name, $real_name, $privileged, $address) = @_;
    my $user = RT::User->new($system);
    must(
        "user $name",
        $user->Create(
            Name => $name, RealName => $real_name, EmailAddress => $address, Privileged => $privileged,
            Password => $ENV{PRIVATE_RT_PASSWORD},
        )
    );
    return $user;
}

my %user = map { lc($_) => user(lc($_), $_, 1, lc($_) . '@example.test') } 'Mia', 'Tom', 'Ben';
user('hanna.crane@mail.example', 'Hanna Crane', 0, 'hanna.crane@mail.example');

sub group {
    my ($name, @members) = @_;
    my $group = RT::Group->new($system);
    must("group $name", $group->CreateUserDefinedGroup(Name => $name));
    must("member of $name", $group->AddMember($user{$_}->PrincipalId)) for @members;
    return $group;
}

sub grant {
    my ($principal, $object, @rights) = @_;
    must("right $_", $principal->PrincipalObj->GrantRight(Right => $_, Object => $object)) for @rights;
    return;
}

my @answer = qw(SeeQueue CreateTicket ShowTicket ReplyToTicket OwnTicket TakeTicket ModifyTicket);
my @comment = qw(ShowTicketComments CommentOnTicket ShowOutgoingEmail ForwardMessage Watch WatchAsAdminCc DeleteTicket);

my $support = group('Support team', 'mia', 'tom');
my $trainees = group('Trainees', 'ben');
my $hr = group('HR team', 'mia');
grant($support, $queue{Support}, @answer, @comment);
grant($trainees, $queue{Support}, @answer);
grant($hr, $queue{HR}, @answer, @comment);
# Owning is no seeing: what Tom sees of Sales he sees by his roles.
grant($support, $queue{Sales}, 'OwnTicket');

my $everyone = RT::Group->new($system);
$everyone->LoadSystemInternalGroup('Everyone');
grant($everyone, $_, qw(CreateTicket ReplyToTicket)) for values %queue;
my $privileged = RT::Group->new($system);
$privileged->LoadSystemInternalGroup('Privileged');
grant($privileged, RT->System, qw(ModifySelf ShowGlobalTemplates));
for my $role ('Owner', 'AdminCc', 'Requestor', 'Cc') {
    my $group = RT::Group->new($system);
    must("role $role", $group->LoadRoleGroup(Object => $queue{Sales}, Name => $role));
    grant($group, $queue{Sales}, qw(SeeQueue ShowTicket));
}
# A customer sees her own tickets in SelfService.
my $requestor = RT::Group->new($system);
must('role Requestor', $requestor->LoadRoleGroup(Object => RT->System, Name => 'Requestor'));
grant($requestor, RT->System, 'ShowTicket');
my $unprivileged = RT::Group->new($system);
$unprivileged->LoadSystemInternalGroup('Unprivileged');
grant($unprivileged, RT->System, 'ModifySelf');
