# The plugin as this RT process reaches it: in the process itself or by hdhost's socket. Opened at the first call, never
# in the server's master, and again after a fork: what a process opened belongs to it. Does not die; all that goes wrong
# is a status.
package RT::Extension::Identities::Host;
use strict;
use warnings;

use JSON ();
use Time::HiRes ();
use RT::Extension::Identities::Breaker;
use RT::Extension::Identities::Settings;

my $json = JSON->new->utf8->canonical;

# Of this process: pid, breaker, transport when it is open, settings, the last error and its time, the last view that
# was cut, and what has been told once.
my $worker = { pid => 0 };

# These say that the plugin, its database or its server is in trouble. Every other status is an answer.
my %trouble = map { $_ => 1 } qw(unavailable deadline_exceeded internal);

sub _worker {
    $worker = { pid => $$, breaker => RT::Extension::Identities::Breaker->new, calls => 0 } if $worker->{pid} != $$;
    return $worker;
}

sub _now { return Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()) }

# settings(): of this process, or dies with the fault in them.
sub settings {
    my $self = _worker();
    return $self->{settings} //= RT::Extension::Identities::Settings::current();
}

# Lines that are told once are remembered up to this many.
use constant MAX_TOLD => 1000;

# call(kind => panel|action|event, id => ..., context => HASH, body => HASH, budget_ms => N, request_id => ...,
# left_out => LIST): (status, reply): bytes of JSON with "ok", else one line for the caller. context is what RT says of
# ticket, agent and view, body what was asked; left_out, of what the view holds too little, in words. A panel that shows
# less than it might says so.
sub call {
    my (%call) = @_;
    my $self = _worker();
    return ('unavailable', 'Identities rests after failures; it is tried again within 10 s')
        unless $self->{breaker}->admits(_now());
    my $opened = eval { $self->{transport} //= _open($self); 1 };
    if (!$opened) {
        $self->{breaker}->trip(_now());
        remember($@);
        return ('unavailable', 'Identities could not be loaded; its status page says why');
    }
    my ($status, $reply, @cut) = eval { $self->{transport}->send(%call) };
    my $fault = $@;
    $self->{calls}++;
    if (!defined $status || $trouble{$status}) {
        $self->{breaker}->failed(_now());
        remember("$call{kind} $call{id}: " . ($status ? "$status: $reply" : $fault));
        return ($status, $reply) if $status;
        return ('internal', 'see the log of RT');
    }
    RT->Logger->info("Identities answers again") if delete $self->{failing};
    $self->{breaker}->succeeded;
    my @left_out = (@{ $call{left_out} // [] }, @cut);
    return ($status, $reply) unless @left_out && $call{kind} eq 'panel' && $status eq 'ok';
    return ($status, _with_left_out($self, $call{context}{agent}, $reply, @left_out));
}

# The reply with an error that says that something is missing, as the schema has it; for the log and the status page
# how much, once for each agent.
sub _with_left_out {
    my ($self, $agent, $reply, @left_out) = @_;
    my $line = "the view of agent $agent->{id} is too large and was cut: " . join(', ', @left_out);
    tell_once($line);
    @$self{qw(cut cut_at)} = ($line, time);
    my $told = $json->decode($reply);
    push @{ $told->{errors} }, { part => 'view', message => 'Left out: ' . join(', ', @left_out) } if $told->{errors};
    return $json->encode($told);
}

sub _open {
    my ($self) = @_;
    my $settings = settings();
    my $kind = length($settings->{Socket} // '') ? 'Socket' : 'InProcess';
    my $class = "RT::Extension::Identities::$kind";
    require "RT/Extension/Identities/$kind.pm";
    return $class->open($settings, \&log_line);
}

# A line for RT's log; level as plugin.h names it.
sub log_line {
    my ($level, $line) = @_;
    RT->Logger->log(level => $level, message => "Identities: $line");
    return;
}

# remember($error): for the status page, with one log line when trouble begins or becomes another; not one a call.
sub remember {
    my ($error) = @_;
    my $self = _worker();
    chomp $error;
    RT->Logger->error("Identities: $error") if ($self->{failing} // '') ne $error;
    $self->{failing} = $self->{error} = $error;
    $self->{error_at} = time;
    return;
}

# tell_once($line): a warning in RT's log, the first time that this process tells it.
sub tell_once {
    my ($line) = @_;
    my $told = _worker()->{told} //= {};
    return if $told->{$line};
    %$told = () if keys %$told >= MAX_TOLD;
    $told->{$line} = 1;
    RT->Logger->warning("Identities: $line");
    return;
}

# report(): what the status page tells of this process.
sub report {
    my $self = _worker();
    my $settings = eval { settings() };
    return {
        pid => $$, calls => $self->{calls}, open => defined $self->{transport},
        breaker => $self->{breaker}->state(_now()),
        settings => $settings, fault => $settings ? undef : $@, failing => $self->{failing}, error => $self->{error},
        error_at => $self->{error_at}, cut => $self->{cut}, cut_at => $self->{cut_at},
    };
}

END {
    # The plugin's own stop, in the process that started it.
    $worker->{transport}->close if $worker->{pid} == $$ && $worker->{transport};
}

1;
