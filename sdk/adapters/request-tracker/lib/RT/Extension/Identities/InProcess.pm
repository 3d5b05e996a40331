# The plugin in this process: context and body become the one JSON object that a panel or action takes.
package RT::Extension::Identities::InProcess;
use strict;
use warnings;

use JSON ();
use RT::Extension::Identities::Library;

my $json = JSON->new->utf8;

sub open {
    my ($class, $settings, $log) = @_;
    my $library = RT::Extension::Identities::Library->open(
        library => $settings->{Library}, manifest => $settings->{Manifest}, config => $settings->{Config}, log => $log,
    );
    return bless { library => $library }, $class;
}

sub send {
    my ($self, %call) = @_;
    my $request = $json->encode({ %{ $call{body} }, %{ $call{context} } });
    return $self->{library}->call($call{kind}, $call{id}, $request, $call{budget_ms}, $call{request_id} // '');
}

sub close {
    my ($self) = @_;
    return $self->{library}->close;
}

1;
