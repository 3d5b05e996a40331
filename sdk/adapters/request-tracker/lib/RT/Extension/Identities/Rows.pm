# Rows of RT's own tables, for the few questions that each ticket page asks: RT's collections take longer to put such a statement together than the
# database to answer it. Only read, and portable over RT's databases.
package RT::Extension::Identities::Rows;
use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(groups_table places rows);

# rows($statement, @values): a reference to an array of rows; dies with the database's error.
sub rows {
    my ($statement, @values) = @_;
    my $handle = $RT::Handle->dbh->prepare_cached($statement);
    my $rows = $RT::Handle->dbh->selectall_arrayref($handle, undef, @values) // die "Identities asks RT's database: " . $RT::Handle->dbh->errstr . "\n";
    # Some drivers give texts as bytes, as RT knows, too.
    for my $row (@$rows) { defined && !utf8::is_utf8($_) && utf8::decode($_) for @$row }
    return $rows;
}

# places(@values): a place for each in a statement.
sub places { return join ', ', ('?') x @_ }

# MySQL 8 has a word GROUPS.
sub groups_table { return RT->Config->Get('DatabaseType') eq 'mysql' ? '`Groups`' : 'Groups' }

1;
