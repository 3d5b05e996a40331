#!/usr/bin/perl
# RT::Extension::Identities::Library against the real host library: the real plugin, and small ones with a fault each.
# No RT is needed.
use strict;
use warnings;
use FindBin;
use File::Temp;
use JSON::PP;
use POSIX ();
use Test::More;

use lib "$FindBin::Bin/../../sdk/adapters/request-tracker/lib";
use RT::Extension::Identities::Library;

my $build = $ENV{IDENTITIES_BUILD} // BAIL_OUT('IDENTITIES_BUILD is not set');
my $library = "$build/sdk/host/libhelpdesk_host.so.1";
my $identities = "$build/plugin/cli/identities";
my $plugins = "$build/tests/contract/plugins";
my $folder = File::Temp->newdir('identities-library-XXXXXX', TMPDIR => 1);

sub write_file {
    my ($name, $text) = @_;
    open my $file, '>:raw', "$folder/$name" or die "$folder/$name: $!";
    print $file $text;
    close $file or die "$folder/$name: $!";
    chmod 0600, "$folder/$name";
    return "$folder/$name";
}

sub run {
    my @command = @_;
    open my $out, '-|', @command or die "$command[0]: $!";
    my $said = join '', <$out>;
    close $out or die "@command ended with $?: $said";
    return $said;
}

run($identities, 'init', "$folder/main", '--manifest', "$build/identities/plugin.json");
run($identities, 'migrate', '--config', "$folder/main/identities.json");
run($identities, 'account', 'add', 'generic', 'support', '--config', "$folder/main/identities.json");
my @real = (library => $library, manifest => "$build/identities/plugin.json", config => "$folder/main/identities.json");

sub panel_request {
    my (%more) = @_;
    return JSON::PP->new->utf8->canonical->encode({
        requester => [{ kind => 'email', value => 'hanna@mail.example', name => "Hanna Cr\x{e4}ne \x{1f6b2}" }],
        ticket => { account => 'support', thread => '1' }, agent => { id => 'mia', name => 'Mia' },
        scopes => ['identity.see'],
        view => { all => JSON::PP::true }, %more,
    });
}

# Memory of this process alone, in kilobytes.
sub private_kb {
    my $kb = 0;
    open my $map, '<', '/proc/self/smaps_rollup' or die $!;
    while (<$map>) { $kb += $1 if /^Private_(?:Clean|Dirty):\s+(\d+)/ }
    return $kb;
}

# A bundle of one of the small plugins of tests/contract; returns what open takes.
sub small_plugin {
    my ($name) = @_;
    mkdir "$folder/$name" or die $!;
    mkdir "$folder/$name/$_" for qw(ui locales);
    symlink "$plugins/$name.so", "$folder/$name/echo.so" or die $!;
    write_file("$name/config.schema.json", '{"type": "object"}');
    write_file("$name/greeting.secret", "hello\n");
    my $config =
        write_file("$name/config.json", '{"color": "red", "secrets": {"greeting": {"file": "greeting.secret"}}}');
    my $manifest = write_file(
        "$name/plugin.json",
        JSON::PP->new->encode({
            manifest => 1, abi => 1, id => 'echo', version => '1.0.0', name => 'Echo', library => 'echo.so',
            config_schema => 'config.schema.json',
            assets => 'ui', locales => 'locales', scopes => { see => 'See', write => 'Write' },
            webhooks => [{
                id => 'hooks', prefix => '/hooks/v1/', methods => ['GET', 'POST'], max_body_bytes => 2000,
                budget_ms => 1000
            }],
            panels => [{ id => 'mirror', scope => 'see', budget_ms => 300 }],
            actions => [{ id => 'note', scope => 'write', budget_ms => 300 }],
            events => [{ id => 'happened', budget_ms => 300 }],
            jobs => [{ id => 'tidy', every_ms => 100 }],
        })
    );
    return (library => $library, manifest => $manifest, config => $config);
}

subtest 'a panel answers the bytes that the plugin wrote' => sub {
    my $host = RT::Extension::Identities::Library->open(@real);
    my ($status, $reply) = $host->call('panel', 'sidebar', panel_request(), 1000, 'request-1');
    is $status, 'ok';
    ok !utf8::is_utf8($reply), 'bytes, not characters';
    is decode_json($reply)->{identity}{name}, "Hanna Cr\x{e4}ne \x{1f6b2}";
};

subtest 'an action is done, an unknown id is named, a broken request is explained' => sub {
    my $host = RT::Extension::Identities::Library->open(@real);
    my $note = panel_request(key => 'key-number-1', args => { text => 'A note' });
    my ($done, $outcome) = $host->call('action', 'note.add', $note, 1000);
    is $done, 'ok';
    is decode_json($outcome)->{note}{text}, 'A note';
    is_deeply [$host->call('panel', 'nothing', '{}', 1000)],
        ['not_found', 'expected an id that the manifest declares, found panel "nothing"'];
    my ($status, $message) = $host->call('panel', 'sidebar', '{"requester": [', 1000);
    is $status, 'unprocessable';
    like $message, qr/malformed JSON/;
    is(($host->call('panel', 'sidebar', '', 1000))[0], 'unprocessable');
    is(($host->call('panel', 'sidebar', panel_request(), 0))[0], 'invalid', 'no time at all');
    is(($host->call('panel', 'sidebar', '{"a":"' . ('x' x 3_000_000) . '"}', 1000))[0], 'unprocessable',
        'three megabytes');
    is(($host->call('panel', 'sidebar', "{\"a\":\"\0\"}", 1000))[0], 'unprocessable', 'a zero byte');
};

subtest 'characters are refused, text that Perl keeps wide but is bytes is not' => sub {
    my $host = RT::Extension::Identities::Library->open(@real);
    ok !eval { $host->call('panel', 'sidebar', "{\"a\":\"\x{263a}\"}", 1000); 1 };
    like $@, qr/^expected bytes, found characters/;
    my $request = panel_request();
    utf8::upgrade($request);
    is(($host->call('panel', 'sidebar', $request, 1000))[0], 'ok');
    ok !eval { $host->call('webhook', 'hooks', '{}', 1000); 1 };
    like $@, qr/^kind: expected panel, action or event, found webhook/;
};

subtest 'each refusal to open says which file, what was expected and what is there' => sub {
    my %open = (
        'no library' => [
            [@real, library => "$folder/nothing.so"],
            qr/^library: expected a file that can be read, found \S+nothing\.so \(not there\)$/
        ],
        'not a library' => [
            [@real, library => write_file('text.so', "no ELF\n")], qr/text\.so: (?:file too short|invalid ELF header)/
        ],
        'another library' => [
            [@real, library => "$build/identities/identities.so"],
            qr/expected libhelpdesk_host, found a library without hd_host_open/
        ],
        'an empty manifest' => [[@real, manifest => write_file('empty.json', '')], qr/empty\.json/],
        'a broken manifest' => [[@real, manifest => write_file('broken.json', '{"manifest": 1')], qr/broken\.json/],
        'no configuration' => [[@real, config => undef], qr/^config: expected the path of a file, found nothing$/],
        'a folder as configuration' => [[@real, config => "$folder"], qr/^config: .*not a readable file/],
        'a configuration with an unknown word' =>
            [[@real, config => write_file('odd.json', '{"databse": {}}')], qr/databse/],
        'a plugin that throws in create' => [[small_plugin('throwing_in_create')], qr/\S/],
        'a plugin that throws in start' => [[small_plugin('throwing_in_start')], qr/\S/],
        'a plugin of another contract' => [[small_plugin('faulty_wrong_major')], qr/hd_plugin_entry_v1/],
    );
    for my $case (sort keys %open) {
        my ($arguments, $expected) = @{ $open{$case} };
        ok !eval { RT::Extension::Identities::Library->open(@$arguments); 1 }, "$case is refused";
        like $@, $expected, $case;
        is(($@ =~ tr/\n//), 1, "$case: one line");
    }
};

subtest 'what a handler throws is a status, and the next call is served' => sub {
    my $host = RT::Extension::Identities::Library->open(small_plugin('echo_throwing'));
    my ($status, $message) = $host->call('panel', 'mirror', '{"a": "runtime"}', 1000);
    is $status, 'internal';
    unlike $message, qr/jane/, 'and its text, which may hold anything, stays inside';
    is_deeply [$host->call('panel', 'mirror', '{"a": "error"}', 1000)], ['conflict', 'somebody was faster'];
    is_deeply [$host->call('panel', 'mirror', '{}', 1000)], ['ok', '{}'];
    is_deeply [$host->call('event', 'happened', '{}', 1000)], ['ok', '{"size":5}'];
};

subtest 'log lines arrive, and a logger that dies harms nobody' => sub {
    my @lines;
    my @warnings;
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    my $host = RT::Extension::Identities::Library->open(
        small_plugin('echo'),
        log => sub {
            push @lines, [@_];
            die "the logger is broken\n";
        }
    );
    $host->close;
    is_deeply \@lines, [map { ['info', "echo: $_"] } qw(started stopped destroyed)];
    is_deeply \@warnings, ["the logger is broken\n", "the logger is broken\n", "the logger is broken\n"];
};

subtest 'a child neither calls nor closes what its parent opened, and opens its own' => sub {
    my $host = RT::Extension::Identities::Library->open(@real);
    my $child = fork // die $!;
    if (!$child) {
        my $called = eval { $host->call('panel', 'sidebar', panel_request(), 1000); 1 };
        my $refused = !$called && $@ =~ /was opened by process \d+ and called by $$/;
        undef $host;
        my $own = RT::Extension::Identities::Library->open(@real);
        my ($status) = $own->call('panel', 'sidebar', panel_request(), 1000);
        $own->close;
        POSIX::_exit($refused && $status eq 'ok' ? 0 : 1);
    }
    waitpid $child, 0;
    is $?, 0, 'the child was refused the one and served by the other';
    is(($host->call('panel', 'sidebar', panel_request(), 1000))[0], 'ok', 'and the parent is still served');
};

subtest 'a closed one says so' => sub {
    my $host = RT::Extension::Identities::Library->open(@real);
    $host->close;
    $host->close;
    ok !eval { $host->call('panel', 'sidebar', panel_request(), 1000); 1 };
    is $@, "this library is closed\n";
};

subtest 'ten thousand calls leak nothing' => sub {
    my $host = RT::Extension::Identities::Library->open(@real);
    my $request = panel_request();
    $host->call('panel', 'sidebar', $request, 1000) for 1 .. 500;
    $host->call('panel', 'sidebar', '{', 1000) for 1 .. 500;
    my $before = private_kb();
    for (1 .. 5_000) {
        $host->call('panel', 'sidebar', $request, 1000);
        $host->call('panel', 'sidebar', '{', 1000);
    }
    my $grown = private_kb() - $before;
    # A reply holds some 1,100 bytes: a leak of one in ten would be a megabyte.
    cmp_ok $grown, '<', 500, "grew by $grown kB";
};

subtest 'a hundred times opened and closed leak nothing' => sub {
    RT::Extension::Identities::Library->open(@real)->close for 1 .. 10;
    my $before = private_kb();
    RT::Extension::Identities::Library->open(@real)->close for 1 .. 100;
    my $grown = private_kb() - $before;
    cmp_ok $grown, '<', 1000, "grew by $grown kB";
};

done_testing;
