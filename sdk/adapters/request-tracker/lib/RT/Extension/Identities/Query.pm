# RT's tables read by statements of our own, where its collections would cost more than the database does: a page asks
# these each time. Bound parameters, names as RT quotes them, texts as characters whatever the driver gives. Reads only.
package RT::Extension::Identities::Query;
use strict;
use warnings;

# rows($sql, @bind): array references. {Groups} stands for that table, whose name is a reserved word of MySQL 8.
sub rows {
    my ($sql, @bind) = @_;
    my $groups = $RT::Handle->QuoteTableNames ? $RT::Handle->QuoteName('Groups') : 'Groups';
    $sql =~ s/\{Groups\}/$groups/g;
    my $rows = $RT::Handle->dbh->selectall_arrayref($sql, undef, @bind)
        // die 'RT\'s database: ' . ($RT::Handle->dbh->errstr // 'no answer') . "\n";
    for my $row (@$rows) {
        for my $value (@$row) { utf8::decode($value) if defined $value && !utf8::is_utf8($value) }
    }
    return @$rows;
}

# column($sql, @bind): the first of each row.
sub column {
    return map { $_->[0] } rows(@_);
}

# As many places as there are values.
sub places { return join ', ', ('?') x @_ }

1;
