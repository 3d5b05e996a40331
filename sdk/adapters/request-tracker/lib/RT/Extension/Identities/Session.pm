# Who is logged in, read from RT's session without its lock: RT holds that from a page's beginning to its end, so a
# sidebar that took it would wait for the very page it stands in. Reads only; logout, AutoLogoff, disabled users and
# external authentication hold as in RT's pages.
package RT::Extension::Identities::Session;
use strict;
use warnings;

use CGI::Cookie ();
use MIME::Base64 ();
use RT::CurrentUser ();
use RT::Interface::Web ();
use RT::Interface::Web::Session ();
use Storable ();

# agent($env): (agent) of a PSGI environment, or (undef, status, why): unauthenticated without a session, forbidden for
# who is no agent.
sub agent {
    my ($env) = @_;
    my $id = _id($env) // return (undef, 'unauthenticated', 'no session; log in to RT again');
    my $session = _read($id) // return (undef, 'unauthenticated', 'the session is over; log in to RT again');
    my $logged_in = ref $session->{CurrentUser} && eval { $session->{CurrentUser}->id };
    return (undef, 'unauthenticated', 'nobody is logged in; log in to RT again')
        unless $logged_in && !_expired($session);
    my $agent = RT::CurrentUser->new;
    $agent->LoadById($logged_in);
    return (undef, 'unauthenticated', 'the user is not there any more')
        unless $agent->id && _still_external($session, $agent, $env);
    return (undef, 'forbidden', 'the user is disabled') if $agent->UserObj->Disabled;
    return (undef, 'forbidden', 'only privileged users see identities') unless $agent->Privileged;
    return ($agent);
}

sub _id {
    my ($env) = @_;
    my %cookies = CGI::Cookie->parse($env->{HTTP_COOKIE} // '');
    # RT asks Mason for its environment; there is no Mason here.
    no warnings 'redefine';
    local *RT::Interface::Web::RequestENV = sub { return $_[0] ? $env->{ $_[0] } : $env };
    my $cookie = $cookies{ RT::Interface::Web::_SessionCookieName() } // return;
    my $id = $cookie->value // '';
    return $id =~ /\A([0-9A-Fa-f]{32})\z/ ? $1 : undef;
}

# The session's hash, or nothing. What RT keeps elsewhere, by a class or with properties of the site's own, is read as
# RT reads it: with the lock.
sub _read {
    my ($id) = @_;
    my $class = RT::Interface::Web::Session->Class;
    my %properties = RT->Config->Get('WebSessionProperties');
    if (!%properties) {
        return _thaw(_row($id)) if $class eq 'Apache::Session::MySQL';
        return _thaw(MIME::Base64::decode_base64(_row($id) // '')) if $class eq 'Apache::Session::Postgres';
        my $session = $class eq 'Apache::Session::File' ? _thaw(_file($id)) : undef;
        return $session if $session;
    }
    # A file may be read while RT writes it anew, and is then not whole.
    my $copy = eval {
        tie my %session, $class, $id, RT::Interface::Web::Session->Attributes;
        my %all = %session;
        untie %session;
        \%all;
    };
    return $copy;
}

sub _row {
    my ($id) = @_;
    return ($RT::Handle->dbh->selectrow_array('SELECT a_session FROM sessions WHERE id = ?', undef, $id))[0];
}

sub _file {
    my ($id) = @_;
    open my $file, '<:raw', "$RT::MasonSessionDir/$id" or return;
    local $/ = undef;
    return scalar <$file>;
}

sub _thaw {
    my ($bytes) = @_;
    return unless length($bytes // '');
    my $session = eval { Storable::thaw($bytes) };
    return ref $session eq 'HASH' ? $session : undef;
}

# RT counts in minutes. A look at the sidebar is no activity: the time is read, never set.
sub _expired {
    my ($session) = @_;
    my $minutes = int(RT->Config->Get('AutoLogoff') || 0) or return 0;
    my $last = $session->{_session_last_update} || 0;
    return $last && int(time / 60) - $last > $minutes;
}

# Who was logged in by the web server is what the web server says now, where RT asks it at each request.
sub _still_external {
    my ($session, $agent, $env) = @_;
    return 1
        unless $session->{WebExternallyAuthed}
        && RT->Config->Get('WebRemoteUserAuth')
        && RT->Config->Get('WebRemoteUserContinuous');
    my $said = $env->{REMOTE_USER} // '';
    return 0 unless length $said;
    my $named = RT->Config->Get('WebRemoteUserGecos') ? $agent->UserObj->Gecos : $agent->Name;
    return lc $said eq lc($named // '');
}

1;
