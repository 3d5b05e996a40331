# The sidebar's own address below RT, as a PSGI application without Mason:
#   POST /identities/ticket/ID/v1/panel/identities/sidebar
#   POST /identities/ticket/ID/v1/action/identities/ACTION     and the same below /user/ID and /queue/ID
#   GET  /identities/assets/VERSION/ui/FILE, .../locales/FILE
# Who asks, for whom and with which rights is RT's alone; a body holds only what the schema lets an agent choose.
package RT::Extension::Identities::Endpoint;
use strict;
use warnings;

use JSON ();
use RT::Extension::Identities::Bundle;
use RT::Extension::Identities::Context;
use RT::Extension::Identities::Host;
use RT::Extension::Identities::Session;
use URI ();

# A note of 10,000 characters, each escaped in six bytes, with room for the rest.
use constant { MAX_BODY_BYTES => 131_072, MAX_JSON_DEPTH => 32, MAX_PEOPLE => 20_000 };

my $json = JSON->new->utf8->canonical->max_depth(MAX_JSON_DEPTH);

# HTTP's number and words for the plugin's statuses, and for those of this file.
my %http = (
    ok => [200, 'OK'], invalid => [400, 'Bad Request'], unauthenticated => [401, 'Unauthorized'],
    forbidden => [403, 'Forbidden'],
    not_found => [404, 'Not Found'], wrong_method => [405, 'Method Not Allowed'], conflict => [409, 'Conflict'],
    too_large => [413, 'Content Too Large'], wrong_type => [415, 'Unsupported Media Type'],
    unprocessable => [422, 'Unprocessable Content'],
    rate_limited => [429, 'Too Many Requests'], internal => [500, 'Internal Server Error'],
    unavailable => [503, 'Service Unavailable'],
    deadline_exceeded => [504, 'Gateway Timeout'],
);

# What a body may hold; the rest of the request is RT's.
my %chosen = (
    panel => { map { $_ => 1 } qw(select pivot cursor filter if_version) },
    action => { map { $_ => 1 } qw(select key args) },
);

# answer($env, $path): a PSGI response. path: what follows /identities/.
sub answer {
    my ($env, $path) = @_;
    if ($path =~ m{^assets/([0-9a-f]+)/((?:ui|locales)/[A-Za-z0-9_.-]+)$}) { return _asset($env, $1, $2) }
    my ($subject, $id, $kind, $name) =
        $path =~ m{^(ticket|user|queue)/([1-9][0-9]{0,17})/v1/(panel|action)/identities/([a-z_.]{1,64})$}
        or return _problem('not_found', 'there is no such address');
    my $response = eval {
        my ($fault, $detail) = _check_request($env);
        $fault ? _problem($fault, $detail) : _call($env, $subject, $id, $kind, $name);
    };
    RT->Logger->error("Identities: $@") unless $response;
    eval { RT::Interface::Web::Handler->CleanupRequest; 1 } or RT->Logger->error("Identities: $@");
    return $response // _problem('internal', 'see RT\'s log');
}

# What holds for every call, before anything is read from RT. A browser sends the origin with each POST.
sub _check_request {
    my ($env) = @_;
    return ('wrong_method', 'expected POST') unless $env->{REQUEST_METHOD} eq 'POST';
    return ('forbidden', 'the Origin is not that of RT\'s WebBaseURL') unless _own_origin($env->{HTTP_ORIGIN});
    return ('wrong_type', 'expected application/json')
        unless ($env->{CONTENT_TYPE} // '') =~ m{^application/json\s*(?:;|$)}i;
    return ('too_large', 'expected at most ' . MAX_BODY_BYTES . ' bytes')
        if ($env->{CONTENT_LENGTH} // 0) > MAX_BODY_BYTES;
    return;
}

# As a browser writes it: scheme, host, and the port where it is not the scheme's own.
sub _own_origin {
    my ($origin) = @_;
    my $url = URI->new(RT->Config->Get('WebBaseURL'));
    my $own = lc($url->scheme . '://' . $url->host) . ($url->port == $url->default_port ? '' : ':' . $url->port);
    return ($origin // '') eq $own;
}

sub _call {
    my ($env, $subject, $id, $kind, $name) = @_;
    my $body = _body($env);
    return _problem('too_large', 'expected at most ' . MAX_BODY_BYTES . ' bytes') unless defined $body;
    my $asked = eval { $json->decode($body) };
    return _problem('unprocessable', '/: expected one JSON object in UTF-8') unless ref $asked eq 'HASH';
    # What is typed for the requestors of a ticket that is being created.
    my $people = $subject eq 'queue' ? delete $asked->{people} : undef;
    return _problem('unprocessable', '/people: expected a text of at most ' . MAX_PEOPLE . ' characters')
        if defined $people && (ref $people || length $people > MAX_PEOPLE);
    my ($odd) = grep { !$chosen{$kind}{$_} } sort keys %$asked;
    return _problem('unprocessable',
        'expected only ' . join(', ', sort keys %{ $chosen{$kind} }) . ', found another field')
        if defined $odd;

    return _problem('unavailable', 'RT\'s database does not answer') unless eval { RT::ConnectToDatabase(); 1 };
    my ($agent, $refused, $why) = RT::Extension::Identities::Session::agent($env);
    return _problem($refused, $why) unless $agent;
    my $settings = eval { RT::Extension::Identities::Host::settings() };
    my $bundle = $settings && eval { RT::Extension::Identities::Bundle::of($settings) };
    return _problem('unavailable', 'Identities is not set up; its status page says why') unless $bundle;
    my $scope = $bundle->{$kind}{$name} // return _problem('not_found', "there is no $kind of that name");
    my $asking = _context($agent, $subject, $id, $settings, $people)
        // return _problem('forbidden', 'no right to see this identity');
    return _problem('forbidden', "the right for $scope is not granted") unless $asking->{scopes}{$scope};

    my ($status, $reply) = RT::Extension::Identities::Host::call(
        kind => $kind, id => $name, context => $asking->{context}, left_out => $asking->{left_out}, body => $asked,
        budget_ms => $settings->{ $kind eq 'panel' ? 'PanelBudget' : 'ActionBudget' }, request_id => "$subject-$id-$$",
    );
    return _problem($status, $reply) unless $status eq 'ok';
    return [200, [_headers('application/json', $reply), 'Cache-Control' => 'no-store'], [$reply]];
}

sub _context {
    my ($agent, $subject, $id, $settings, $people) = @_;
    my $object = { ticket => 'RT::Ticket', user => 'RT::User', queue => 'RT::Queue' }->{$subject}->new($agent);
    $object->Load($id);
    return $object->id ? RT::Extension::Identities::Context::of($agent, $object, $settings, $people) : undef;
}

# The whole body, or nothing when it is larger than it said or is let.
sub _body {
    my ($env) = @_;
    my $body = '';
    my $input = $env->{'psgi.input'};
    while (length $body <= MAX_BODY_BYTES) {
        my $got = $input->read($body, 65_536, length $body);
        return unless defined $got;
        return $body if $got == 0;
    }
    return;
}

# Files of the sidebar hold nothing of anybody. Their address has their version, so a browser keeps them.
sub _asset {
    my ($env, $version, $name) = @_;
    return _problem('wrong_method', 'expected GET') unless $env->{REQUEST_METHOD} =~ /^(?:GET|HEAD)$/;
    my $bundle = eval { RT::Extension::Identities::Bundle::of(RT::Extension::Identities::Host::settings()) }
        // return _problem('unavailable', 'Identities is not set up; its status page says why');
    my ($content, $type) = RT::Extension::Identities::Bundle::file($bundle, $name)
        or return _problem('not_found', 'there is no such file');
    my $keep = $version eq $bundle->{asset_version} ? 'public, max-age=31536000, immutable' : 'no-store';
    return [200, [_headers($type, $content), 'Cache-Control' => $keep],
        $env->{REQUEST_METHOD} eq 'HEAD' ? [] : [$content]];
}

sub _headers {
    my ($type, $content) = @_;
    return ('Content-Type' => $type, 'Content-Length' => length $content, 'X-Content-Type-Options' => 'nosniff');
}

sub _problem {
    my ($status, $detail) = @_;
    my ($number, $title) = @{ $http{$status} // $http{internal} };
    my $content = $json->encode({ type => 'about:blank', title => $title, status => $number, detail => $detail });
    my @more = $number == 503 ? ('Retry-After' => 10) : ();
    return [$number, [_headers('application/problem+json', $content), 'Cache-Control' => 'no-store', @more],
        [$content]];
}

1;
