# The plugin in hdhost, by HTTP over its Unix socket. A call has its own connection and keeps its budget by itself; none
# is made twice: what was sent may have arrived, and whoever asked asks again with the same key. An agent's token says
# what RT knows; events are not taken by hdhost.
package RT::Extension::Identities::Socket;
use strict;
use warnings;

use IO::Select;
use JSON ();
use Socket qw(AF_UNIX SOCK_STREAM pack_sockaddr_un);
use Time::HiRes ();
use RT::Extension::Identities::Token;

# As hdhost lets a reply be.
use constant { MAX_REPLY_BYTES => 8 << 20, MAX_HEAD_BYTES => 16_384 };

my $json = JSON->new->utf8;
my %status_of = (
    200 => 'ok', 400 => 'invalid', 401 => 'unauthenticated', 403 => 'forbidden', 404 => 'not_found', 409 => 'conflict',
    413 => 'too_large',
    422 => 'unprocessable', 429 => 'rate_limited', 503 => 'unavailable', 504 => 'deadline_exceeded',
);

sub open {
    my ($class, $settings, $log) = @_;
    my $token = $settings->{Token};
    return bless {
        path => $settings->{Socket}, key => _secret($token->{Secret}), kid => $token->{Kid},
        audience => $token->{Audience}, issuer => $settings->{Account},
    }, $class;
}

sub _secret {
    my ($path) = @_;
    my @stat = stat $path or die "Token, Secret: expected a file that can be read, found $path: $!\n";
    die sprintf("Token, Secret: expected %s to be for its owner alone (mode 600 or 400), found mode %o\n", $path,
        $stat[2] & 07777)
        if $stat[2] & 077;
    CORE::open my $file, '<:raw', $path or die "Token, Secret: $path: $!\n";
    my $key = do { local $/ = undef; <$file> };
    $key //= '';
    $key =~ s/\r?\n\z//;
    die "Token, Secret: expected at least 32 bytes in $path, found " . length($key) . "\n" if length $key < 32;
    return $key;
}

sub send {
    my ($self, %call) = @_;
    my $deadline = _now() + $call{budget_ms} / 1000;
    return ('not_found', 'hdhost takes no events from a helpdesk') if $call{kind} eq 'event';
    my ($token, @left_out) = RT::Extension::Identities::Token::of($call{context}, now => time,
        map { $_ => $self->{$_} } qw(key kid issuer audience));
    my $body = $json->encode($call{body});
    my $request =
        "POST /v1/$call{kind}/identities/$call{id} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        . "Content-Type: application/json\r\n"
        . "Authorization: Bearer $token\r\nContent-Length: "
        . length($body)
        . "\r\n\r\n$body";
    my ($answer, $fault) = _exchange($self->{path}, $request, $deadline);
    return (_now() >= $deadline ? 'deadline_exceeded' : 'unavailable', $fault) unless defined $answer;
    return (_read_answer($answer), @left_out);
}

sub close { return }

sub _now { return Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) }

# All that the server answers until it closes, or (undef, why).
sub _exchange {
    my ($path, $request, $deadline) = @_;
    socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or return (undef, "socket: $!");
    $socket->blocking(0);
    # A Unix socket whose queue is full says so at once, and is not waited for.
    connect($socket, pack_sockaddr_un($path)) or return (undef, "hdhost's socket: $!");
    my $select = IO::Select->new($socket);
    my $sent = 0;
    while ($sent < length $request) {
        my $wrote = syswrite $socket, $request, length($request) - $sent, $sent;
        if (defined $wrote) { $sent += $wrote; next }
        return (undef, "hdhost's socket: $!") unless _again();
        $select->can_write(_left($deadline))
            or _now() < $deadline
            or return (undef, "hdhost's socket: no room before the deadline");
    }
    my $answer = '';
    while (1) {
        my $got = sysread $socket, $answer, 65_536, length $answer;
        if (defined $got) {
            return $answer if $got == 0 || _whole($answer);
            return (undef, 'the answer is larger than ' . MAX_REPLY_BYTES . ' bytes')
                if length $answer > MAX_REPLY_BYTES + MAX_HEAD_BYTES;
            next;
        }
        return (undef, "hdhost's socket: $!") unless _again();
        $select->can_read(_left($deadline))
            or _now() < $deadline
            or return (undef, "hdhost's socket: no answer before the deadline");
    }
}

sub _again { return $!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR} }

sub _left {
    my ($deadline) = @_;
    my $left = $deadline - _now();
    return $left > 0 ? $left : 0;
}

# Head and body by Content-Length, which hdhost always gives.
sub _whole {
    # The argument itself: a copy of a large answer for each piece of it would cost more than the answer.
    my $end = index $_[0], "\r\n\r\n";
    return 0 if $end < 0;
    my ($length) = substr($_[0], 0, $end) =~ /^content-length:\s*(\d+)\s*$/im;
    return defined $length && length($_[0]) >= $end + 4 + $length;
}

sub _read_answer {
    my ($answer) = @_;
    return ('unavailable', 'hdhost broke off its answer') unless _whole($answer);
    my ($head, $body) = split /\r\n\r\n/, $answer, 2;
    my ($number) = $head =~ m{^HTTP/1\.1 (\d{3}) }
        or return ('internal', 'expected HTTP from hdhost, found something else');
    my $status = $status_of{$number} // 'internal';
    return ('ok', $body) if $status eq 'ok';
    my $problem = eval { $json->decode($body) };
    my $detail = ref $problem eq 'HASH' ? $problem->{detail} : undef;
    # It is RT's own token that was refused, not the agent.
    return ('internal', "hdhost refused RT's token: " . ($detail // '')) if $status eq 'unauthenticated';
    return ($status, $detail // "hdhost answered $number");
}

1;
