# One loaded plugin by host.h of libhelpdesk_host, through FFI::Platypus. Knows nothing of RT.
#
# Open it in a serving process after its last fork. An object belongs to the process that opened it: in a child it must
# neither be called nor closed, and going out of scope there does nothing. Everything that crosses is bytes with a
# length; what comes back is a copy.
package RT::Extension::Identities::Library;
use strict;
use warnings;

use FFI::Platypus 2.00;
use FFI::Platypus::Buffer qw(scalar_to_buffer buffer_to_scalar);
use FFI::Platypus::DL qw(dlopen dlsym dlerror RTLD_NOW RTLD_LOCAL);

# Kinds and levels as plugin.h numbers them.
our %KIND = (panel => 2, action => 3, event => 4);
our @LEVEL = qw(debug info warning error);

# The name of each status, as Endpoint.pm has it for HTTP.
our @STATUS =
    qw(ok invalid unauthenticated forbidden not_found conflict too_large unprocessable rate_limited internal unavailable
    deadline_exceeded);

use constant ERROR_BYTES => 256;
# size, kind, id, body, budget_ms, request_id: struct hd_host_request of 64-bit Linux.
use constant REQUEST_LAYOUT => 'LlQQQQqQQ';
use constant OPTIONS_LAYOUT => 'LLQQ';

my %functions;

# open(library => FILE, manifest => FILE, config => FILE, log => sub ($level, $line)): dies with one line that says what
# is wrong.
sub open {
    my ($class, %file) = @_;
    for my $name (qw(library manifest config)) {
        die "$name: expected the path of a file, found nothing\n" unless length($file{$name} // '');
        # A bare name is left to the system's loader to find.
        next if $name eq 'library' && $file{$name} !~ m{/};
        die "$name: expected a file that can be read, found $file{$name} ("
            . (-e $file{$name} ? 'not a readable file' : 'not there') . ")\n"
            unless -f $file{$name} && -r _;
    }
    my $call = _functions($file{library});
    my $self = bless { pid => $$, call => $call }, $class;
    my $log = $file{log} // sub { };
    # The library may log as long as it is open, so the closure lives as long as this object.
    $self->{log} = $call->{ffi}->closure(sub {
        my (undef, $level, $line, $size) = @_;
        eval { $log->($LEVEL[$level] // 'error', buffer_to_scalar($line, $size)); 1 } or warn $@;
        return;
    });
    my $log_address = $call->{ffi}->cast($call->{log_type}, 'opaque', $self->{log});
    my $options = pack OPTIONS_LAYOUT, length(pack OPTIONS_LAYOUT, (0) x 4), 0, 0, $log_address;
    my $error = _error_buffer();
    $self->{host} = $call->{open}->call($file{manifest}, $file{config}, _address($options), _address($error));
    die _message($error) . "\n" unless $self->{host};
    return $self;
}

# call($kind, $id, $request, $budget_ms, $request_id): kind is panel, action or event, request bytes of JSON.
# Returns (status, reply) with status "ok", else (status, message); a reply is bytes, a message characters.
sub call {
    my ($self, $kind, $id, $request, $budget_ms, $request_id) = @_;
    die "this library was opened by process $self->{pid} and called by $$\n" unless $self->{pid} == $$;
    die "this library is closed\n" unless $self->{host};
    $_ = _bytes($_) for $id, $request, $request_id //= '';
    my @fields = (
        0, $KIND{$kind} // die("kind: expected panel, action or event, found $kind\n"),
        scalar_to_buffer($id), scalar_to_buffer($request), int $budget_ms, scalar_to_buffer($request_id)
    );
    $fields[0] = length pack REQUEST_LAYOUT, @fields;
    my $packed = pack REQUEST_LAYOUT, @fields;
    my $error = _error_buffer();
    my ($reply, $size);
    my $status = $self->{call}{send}->call($self->{host}, _address($packed), \$reply, \$size, _address($error));
    return ($STATUS[$status] // 'internal', _message($error)) if $status != 0;
    my $copy = buffer_to_scalar($reply, $size);
    $self->{call}{free}->call($reply);
    return ('ok', $copy);
}

sub close {
    my ($self) = @_;
    my $host = delete $self->{host};
    $self->{call}{close}->call($host) if $host && $self->{pid} == $$;
    return;
}

sub DESTROY {
    my ($self) = @_;
    # Once the interpreter is taken down, functions and closure may be gone before this object; close() comes from an
    # END block.
    $self->close unless ${^GLOBAL_PHASE} eq 'DESTRUCT';
    return;
}

# The functions of one libhelpdesk_host, which stays mapped to the end of the process.
sub _functions {
    my ($library) = @_;
    return $functions{$library} if $functions{$library};
    my $handle = dlopen($library, RTLD_NOW | RTLD_LOCAL) // die dlerror() . "\n";
    my $ffi = FFI::Platypus->new(api => 2);
    my $log_type = '(opaque,sint32,opaque,uint64)->void';
    my $function = sub {
        my ($name, @signature) = @_;
        my $address = dlsym($handle, $name)
            // die "$library: expected libhelpdesk_host, found a library without $name\n";
        return $ffi->function($address => @signature);
    };
    return $functions{$library} = {
        ffi => $ffi,
        log_type => $log_type,
        open => $function->(hd_host_open => [qw(string string opaque opaque)] => 'opaque'),
        send => $function->(hd_host_send => [qw(opaque opaque opaque* uint64* opaque)] => 'sint32'),
        free => $function->(hd_host_free => ['opaque'] => 'void'),
        close => $function->(hd_host_close => ['opaque'] => 'void'),
    };
}

sub _address { return (scalar_to_buffer($_[0]))[0] }

# A copy in bytes: the address of a string that Perl keeps as characters would be the wrong one.
sub _bytes {
    my ($text) = @_;
    die "expected bytes, found characters; encode them as UTF-8 first\n" unless utf8::downgrade($text, 1);
    return $text;
}

# Zeroes that this call alone may write on: a string that Perl shares between copies would change all of them.
sub _error_buffer {
    vec(my $buffer = '', ERROR_BYTES - 1, 8) = 0;
    return $buffer;
}

sub _message {
    my ($message) = unpack 'Z*', $_[0];
    utf8::decode($message);
    return length $message ? $message : 'no reason was given';
}

1;
