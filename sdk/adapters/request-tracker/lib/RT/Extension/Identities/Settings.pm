# The extension's settings, checked: Set(%Identities, ...) of etc/Identities_Config.pm with what RT_SiteConfig says
# instead.
package RT::Extension::Identities::Settings;
use strict;
use warnings;

my $text = sub { !ref $_[0] && length $_[0] };
my $path = sub { !ref $_[0] && $_[0] =~ m{^/} };
my $milliseconds = sub { !ref $_[0] && $_[0] =~ /^[1-9][0-9]{0,4}$/ };

my $policies = sub {
    ref $_[0] eq 'HASH' && !grep { ($_ // '') !~ /^(?:whole|metadata|none)$/ } values %{ $_[0] };
};

# What each is, in words for its fault, and whether a value is that.
my %known = (
    Library => ['a path, or a name that the system\'s loader finds', $text],
    Manifest => ['the path of plugin.json', $path],
    Config => ['the path of identities.json', $path],
    Socket => ['the path of hdhost\'s Unix socket, or nothing', sub { !ref $_[0] && ($_[0] eq '' || $_[0] =~ m{^/}) }],
    Token => [
        'a hash of Secret, Kid, Audience',
        sub {
            ref $_[0] eq 'HASH' && !grep { !$text->($_[0]{$_} // '') } qw(Secret Kid Audience);
        }
    ],
    Account => ['the name of an account', sub { !ref $_[0] && $_[0] =~ /^[a-z][a-z0-9_-]{0,63}$/ }],
    Accounts => ['a hash of accounts', sub { ref $_[0] eq 'HASH' }],
    InlineBudget => ['milliseconds from 1 to 99999', $milliseconds],
    PanelBudget => ['milliseconds from 1 to 99999', $milliseconds],
    ActionBudget => ['milliseconds from 1 to 99999', $milliseconds],
    HandoverBudget => ['milliseconds from 1 to 99999', $milliseconds],
    Queues => ['a hash of queues, each whole, metadata or none', $policies],
    WaitingStatuses => [
        'a list of statuses',
        sub {
            ref $_[0] eq 'ARRAY' && !grep { !$text->($_ // '') } @{ $_[0] };
        }
    ],
    State => ['the path of a folder, or nothing', sub { !ref $_[0] && ($_[0] eq '' || $_[0] =~ m{^/}) }],
);

# check(%settings): a reference to them; dies with a line that names setting, expectation and finding.
sub check {
    my (%settings) = @_;
    for my $name (sort keys %settings) {
        my $rule = $known{$name}
            or die "Set(%Identities): there is no setting \"$name\"; there are " . join(', ', sort keys %known) . "\n";
        my $value = $settings{$name} // '';
        next if $rule->[1]->($value);
        die "Set(%Identities), $name: expected $rule->[0], found "
            . (ref $value ? 'a ' . lc(ref $value) : "\"$value\"") . "\n";
    }
    _check_accounts($settings{Accounts});
    return \%settings;
}

# Each account, or partition of one, is visible to all agents (1), or to the members of a group, or to who has a right
# globally. Internal: with what is internal there.
sub _check_accounts {
    my ($accounts) = @_;
    for my $name (sort keys %$accounts) {
        my $rule = $accounts->{$name};
        my $where = "Set(%Identities), Accounts, $name";
        die "$where: expected the name of an account, ACCOUNT/PARTITION, or *\n"
            unless $name eq '*' || $name =~ m{^[a-z][a-z0-9_-]{0,63}(?:/[^[:cntrl:]]{1,135})?$};
        next if !ref $rule && ($rule // '') =~ /^[01]$/;
        die "$where: expected 1, or a hash of Group or Right, and Internal; found \"" . ($rule // 'nothing') . "\"\n"
            unless ref $rule eq 'HASH';
        my @odd = grep { !/^(?:Group|Right|Internal)$/ } sort keys %$rule;
        die "$where: there is no \"$odd[0]\"; there are Group, Right, Internal\n" if @odd;
        die "$where: expected a Group or a Right\n" unless length($rule->{Group} // '') || length($rule->{Right} // '');
    }
    return;
}

# folder(): where the flow of engagements keeps what must not be lost; made at first need, for the user that owns RT's
# own folder.
sub folder {
    my $folder = folder_of(current());
    return $folder if -d $folder;
    mkdir $folder, 0700
        or -d $folder
        or die "$folder: $!; make it for the user that runs RT, or name another with State => in Set(%Identities)\n";
    chown((stat $RT::VarPath)[4, 5], $folder) if $> == 0;
    return $folder;
}

# folder_of($settings): its path, whether it is there or not.
sub folder_of { return $_[0]{State} || "$RT::VarPath/identities" }

sub current { return check(RT->Config->Get('Identities')) }

1;
