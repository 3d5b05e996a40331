# What RT says of ticket, agent and view, signed for hdhost: a JWT by HS256 as sdk/server/README.md describes it, for a
# minute. What is too large for a header is cut, each list from its end: Ccs where there are many, then tickets seen by
# roles, partitions and internal partitions alike. So it shows too little, never too much, and says so.
package RT::Extension::Identities::Token;
use strict;
use warnings;

use Digest::SHA ();
use JSON ();
use List::Util ();
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
    if (length $body > $room) {
        # However many people there are, half the room is for what is seen of them.
        my %people = (requesters => $claims{requesters});
        push @left_out, _cut(\%people, \%people, $room / 2, 'requesters');
        $claims{requesters} = $people{requesters};
        push @left_out, _cut(\%claims, $claims{view}, $room, qw(threads partitions internal_partitions));
        $body = _part(\%claims);
    }
    my $signature = MIME::Base64::encode_base64url(Digest::SHA::hmac_sha256("$head.$body", $by{key}));
    return ("$head.$body.$signature", @left_out);
}

# Cuts each of these lists to its first entries, to as many of each as there is room for; in words which ones.
sub _cut {
    my ($claims, $holder, $room, @lists) = @_;
    my %all = map { $_ => $holder->{$_} } grep { $holder->{$_} } @lists;
    my $cut_to = sub {
        my ($most) = @_;
        for my $list (keys %all) {
            my @first = @{ $all{$list} };
            $#first = $most - 1 if @first > $most;
            $holder->{$list} = \@first;
        }
        return;
    };
    my ($fits, $over) = (0, 1 + (List::Util::max(map { scalar @$_ } values %all) // 0));
    while ($over - $fits > 1) {
        my $middle = int(($fits + $over) / 2);
        $cut_to->($middle);
        if (length _part($claims) <= $room) { $fits = $middle }
        else { $over = $middle }
    }
    $cut_to->($fits);
    return map { RT::Extension::Identities::View::left_out($_, $fits) }
        grep { @{ $all{$_} // [] } > $fits } @lists;
}

sub _part { return MIME::Base64::encode_base64url($json->encode($_[0])) }

1;
