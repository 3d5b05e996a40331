# What RT says of ticket, agent and view, signed for hdhost: a JWT by HS256 as sdk/server/README.md describes it, for a
# minute. A view that is too large for a header is cut: tickets seen by roles first, then partitions, then Ccs, each
# from its end. So it shows too little, never too much, and says so.
package RT::Extension::Identities::Token;
use strict;
use warnings;

use Digest::SHA ();
use JSON ();
use MIME::Base64 ();
use RT::Extension::Identities::View;

# hdhost takes 16,384 bytes of head in all; the other lines of ours are below 500.
use constant { LIFE_S => 60, MAX_BYTES => 15_600 };

my $json = JSON->new->utf8->canonical;

# of($context, key => bytes, kid =>, issuer =>, audience =>, now => seconds): the token, and in words what had to be
# left out.
sub of {
    my ($context, %by) = @_;
    my %claims = (
        iss => $by{issuer}, aud => $by{audience}, sub => $context->{agent}{id}, name => $context->{agent}{name},
        iat => $by{now}, exp => $by{now} + LIFE_S,
        scopes => $context->{scopes}, view => { %{ $context->{view} } }, ticket => { %{ $context->{ticket} } },
        requesters => [@{ $context->{requester} }],
    );
    for my $name (qw(locale time_zone)) {
        $claims{$name} = $context->{agent}{$name} if length($context->{agent}{$name} // '');
    }
    my $head = _part({ alg => 'HS256', typ => 'JWT', kid => $by{kid} });
    my $room = MAX_BYTES - length($head) - 45;
    my $body = _part(\%claims);
    my @left_out;
    for my $list (qw(threads partitions internal_partitions requesters)) {
        my $holder = $list eq 'requesters' ? \%claims : $claims{view};
        next if length $body <= $room || !@{ $holder->{$list} // [] };
        $body = _shortened(\%claims, $holder, $list, $room);
        push @left_out, RT::Extension::Identities::View::left_out($list, scalar @{ $holder->{$list} });
    }
    my $signature = MIME::Base64::encode_base64url(Digest::SHA::hmac_sha256("$head.$body", $by{key}));
    return ("$head.$body.$signature", @left_out);
}

# The claims with as many entries of one list as there is room for.
sub _shortened {
    my ($claims, $holder, $list, $room) = @_;
    my $all = $holder->{$list};
    my ($fits, $over) = (0, scalar @$all + 1);
    while ($over - $fits > 1) {
        my $middle = int(($fits + $over) / 2);
        $holder->{$list} = [@$all[0 .. $middle - 1]];
        if (length _part($claims) <= $room) { $fits = $middle }
        else { $over = $middle }
    }
    $holder->{$list} = [@$all[0 .. $fits - 1]];
    return _part($claims);
}

sub _part { return MIME::Base64::encode_base64url($json->encode($_[0])) }

1;
