# What the plugin's bundle says and holds: the scopes of its panels and actions, and the files of its sidebar. Read once
# in each process; a new bundle is seen by new workers.
package RT::Extension::Identities::Bundle;
use strict;
use warnings;

use Digest::MD5 ();
use File::Basename ();
use JSON ();

my %read;

# of($settings): dies with one line when the manifest cannot be read.
sub of {
    my ($settings) = @_;
    my $path = $settings->{Manifest};
    return $read{$path} //= _read($path);
}

sub _read {
    my ($path) = @_;
    my $manifest = eval { JSON->new->utf8->decode(_content($path)) } // die "$path: $@";
    die "$path: expected a manifest, found other JSON\n"
        unless ref $manifest eq 'HASH' && ref $manifest->{panels} eq 'ARRAY';
    my $folder = File::Basename::dirname($path);
    my %file;
    for my $kind (qw(ui locales)) {
        my $from = "$folder/" . ($manifest->{ $kind eq 'ui' ? 'assets' : 'locales' } // $kind);
        for my $file (glob "\Q$from\E/*.js \Q$from\E/*.json") {
            $file{"$kind/" . File::Basename::basename($file)} = $file;
        }
    }
    # Names, sizes and times: an address of one version is never another's.
    my $state = join "\n", map { join ' ', $_, (stat $file{$_})[7, 9] } sort keys %file;
    return {
        version => $manifest->{version} // '', files => \%file,
        asset_version => substr(Digest::MD5::md5_hex($state), 0, 12),
        panel => { map { $_->{id} => $_->{scope} } @{ $manifest->{panels} } },
        action => { map { $_->{id} => $_->{scope} } @{ $manifest->{actions} // [] } },
    };
}

sub _content {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$!\n";
    local $/ = undef;
    return scalar <$file>;
}

# file($bundle, $name): its content as bytes and its type, or nothing.
sub file {
    my ($bundle, $name) = @_;
    my $path = $bundle->{files}{$name} // return;
    my $content = eval { _content($path) } // return;
    return ($content, $name =~ /\.json$/ ? 'application/json' : 'text/javascript; charset=utf-8');
}

1;
