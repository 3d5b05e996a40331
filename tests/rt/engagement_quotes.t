#!/usr/bin/perl
# RT::Extension::Identities::Quotes: what mail programs quote goes, what a customer wrote stays. A table; no RT is needed.
use strict;
use warnings;
use utf8;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/../../sdk/adapters/request-tracker/lib";
use RT::Extension::Identities::Quotes;

binmode $_, ':encoding(UTF-8)' for map { Test::More->builder->$_ } qw(output failure_output todo_output);

# What Mia wrote before in the thread.
my $mia = <<'TEXT';
Dear Hanna,

is the front brake loose, or the rear one?
And would Thursday at ten suit you for the workshop in the long street behind the station?

Kind regards
Mia
TEXT

my @cases = (
    ['a message without any quote', "The front one.\n\nThanks", "The front one.\n\nThanks"],
    ['top-posted, Gmail', <<'IN', "The front one."],
The front one.

On Wed, Nov 25, 2026 at 3:14 PM Mia via Support <support@example.test>
wrote:

> Dear Hanna,
>
> is the front brake loose, or the rear one?
>> I have a bike.
IN
    ['bottom-posted', <<'IN', "The front one, and Thursday is fine."],
On 25/11/2026 15:14, Mia wrote:
> Dear Hanna,
>
> is the front brake loose, or the rear one?
> And would Thursday at ten suit you for the workshop in the long street behind the station?

The front one, and Thursday is fine.
IN
    ['answered between the lines', <<'IN', "Hello Mia,\n\nThe front one.\n\nYes, it does.\n\nHanna"],
Hello Mia,

Am 25.11.2026 um 15:14 schrieb Mia:
> is the front brake loose, or the rear one?

The front one.

> And would Thursday at ten suit you?

Yes, it does.

Hanna
IN
    ['German, wrapped above the quote', <<'IN', "Die vordere.\n\nViele Grüße\nHanna"],
Die vordere.

Viele Grüße
Hanna

Am Mi., 25. Nov. 2026 um 15:14 Uhr schrieb Mia über den
Kundendienst der Fahrradwerkstatt <support@example.test>:

> Liebe Hanna,
> ist die Bremse lose?
IN
    [
        'German, the name before the verb',
        "Die vordere.\n\nMia <support\@example.test> schrieb am 25.11.2026:\n> Liebe Hanna,\n", 'Die vordere.'
    ],
    [
        'French',
        "Celle de devant.\n\nLe mer. 25 nov. 2026 à 15:14, Mia <support\@example.test> a écrit :\n> Bonjour\n",
        'Celle de devant.'
    ],
    ['the quote of RT itself', "Done.\n\nOn Wed Nov 25 15:14:00 2026, mia wrote:\n> Please order a brake.\n", 'Done.'],
    ['Outlook, top-posted', <<'IN', "The front one.\n\nHanna"],
The front one.

Hanna

-----Original Message-----
From: Mia via Support <support@example.test>
Sent: Wednesday, 25 November 2026 15:14
To: Hanna Crane
Subject: Re: [example.test #12] Loose brake

Dear Hanna,

is the front brake loose, or the rear one?
And would Thursday at ten suit you for the
workshop in the long street behind the station?

Kind regards
Mia
IN
    ['Outlook in German, by a line', <<'IN', "Die vordere."],
Die vordere.

________________________________
Von: Mia via Support <support@example.test>
Gesendet: Mittwoch, 25. November 2026 15:14
An: Hanna Crane
Betreff: AW: [example.test #12] Loose brake

Dear Hanna,

is the front brake loose, or the rear one?
IN
    ['Outlook, the header in bold of a converted page', <<'IN', "Die vordere."],
Die vordere.

*Von:* Mia via Support <support@example.test>
*Gesendet:* Mittwoch, 25. November 2026 15:14
*An:* Hanna Crane
*Betreff:* AW: [example.test #12] Loose brake

is the front brake loose, or the rear one?
IN
    [
        'Outlook, answered between the lines without a mark',
        <<'IN', "Hello Mia,\n\nThe front one, see the picture.\nYes, at ten."],
Hello Mia,

From: Mia via Support <support@example.test>
Sent: Wednesday, 25 November 2026 15:14
To: Hanna Crane
Subject: Re: [example.test #12] Loose brake

Dear Hanna,

is the front brake loose, or the rear one?
The front one, see the picture.
And would Thursday at ten suit you for the workshop in the long street behind the station?
Yes, at ten.
IN
    [
        'an appended message that our history does not have',
        "See what the shop told me.\n\nFrom: A shop <shop\@shop.example>\nSent: Monday\nTo: Hanna\nSubject: Your bike\n\nWe cannot help you.\n",
        undef
    ],
    [
        'what stands below is announced',
        "My answers are below in red.\n\nFrom: Mia\nSent: Wednesday\nTo: Hanna\nSubject: Brake\n\nDear Hanna,\nis the front brake loose, or the rear one?\n",
        undef
    ],
    [
        'nothing but an appended message',
        "From: Mia\nSent: Wednesday\nTo: Hanna\nSubject: Brake\n\nDear Hanna,\nis the front brake loose, or the rear one?\n",
        undef
    ],
    ['nothing but a quote', "On 25/11/2026 15:14, Mia wrote:\n> Dear Hanna,\n", undef],
    [
        'a forwarded message',
        "Please read this.\n\n---------- Forwarded message ---------\nFrom: Mia\nDate: Wednesday\nSubject: Brake\nTo: Hanna\n\nDear Hanna,\nis the front brake loose, or the rear one?\n",
        undef
    ],
    ['words of her own behind marks', "The log says\n> pump 3 failed\n> pump 4 failed\nWhat now?", undef],
    ['one line behind a mark', "> 5 pieces, please\nThanks", undef],
    ['a face', ">:( I am angry", undef],
    [
        'a sentence that ends as an attribution',
        "In 2025 your colleague wrote:\nno brake is ever loose.\nThat was wrong.", undef
    ],
    [
        'marks without an attribution, of what Mia wrote',
        "> is the front brake loose, or the rear one?\nThe front one.", 'The front one.'
    ],
    [
        'an attribution with nothing below',
        "The front one.\n\nOn Wed, Nov 25, 2026 at 3:14 PM Mia <support\@example.test> wrote:\n\n", 'The front one.'
    ],
    [
        'an attribution above unmarked words of Mia',
        "The front one.\n\nOn Wed, Nov 25, 2026 at 3:14 PM Mia <support\@example.test> wrote:\n\nDear Hanna,\nis the front brake loose, or the rear one?\n",
        'The front one.'
    ],
    [
        'her own words that are part of a line of Mia',
        "Hello\n\nFrom: Mia\nSent: Wednesday\nTo: Hanna\nSubject: Brake\n\nis the front brake loose, or the rear one?\nThursday at ten\nKind regards\nMia\n",
        "Hello\n\nThursday at ten"
    ],
    [
        'wrapped before the address',
        "Hello Mia,\nOn Wed, Nov 25, 2026 at 3:14 PM Mia via Support\n<support\@example.test> wrote:\n> Dear Hanna,\n",
        'Hello Mia,'
    ],
    [
        'what she says of a quote that she typed',
        "As Mia wrote on 3 November:\n> the workshop is closed\nBut it was open.", undef
    ],
    [
        'what she says of what Mia wrote',
        "I do not agree with what Mia wrote on 3 November:\n> is the front brake loose, or the rear one?\nNeither.",
        "I do not agree with what Mia wrote on 3 November:\n\nNeither."
    ],
    ['her signature', "The front one.\n-- \nHanna Crane\nLong Street 5", undef],
    ['an order with From and To', "From: Hamburg\nTo: Munich\nPlease collect it.", undef],
    ['nothing', '', undef],
    ['only spaces', " \n \n", undef],
);

for my $case (@cases) {
    my ($name, $in, $out) = @$case;
    my $expected = $out // $in;
    $expected =~ s/\A\n+|\n+\z//g if $expected =~ /\S/;
    my $got = RT::Extension::Identities::Quotes::without_quotes($in, sub { $mia });
    $got =~ s/\A\n+|\n+\z//g if $got =~ /\S/;
    is $got, $expected, $name;
}

subtest 'each own line stays, wherever it stands and whichever way the rest is quoted' => sub {
    my @quoted = grep { /\w/ } split /\n/, $mia;
    my ($lost, $left) = (0, 0);
    for my $style (qw(marked appended)) {
        for my $mask (1 .. 2**(@quoted + 1) - 1) {
            my @own = map { "own words number $_" } grep { $mask & 1 << $_ } 0 .. @quoted;
            my @body = map {
                (($mask & 1 << $_) ? "own words number $_" : ()),
                    ($_ < @quoted ? ($style eq 'marked' ? "> $quoted[$_]" : $quoted[$_]) : ())
            } 0 .. @quoted;
            # Above an appended message stands what its sender typed first.
            my @above = ($mask & 1) ? shift @body : $style eq 'appended' ? 'own words at the top' : ();
            my @head =
                $style eq 'marked'
                ? 'On 25/11/2026, Mia wrote:'
                : ('From: Mia', 'Sent: Wednesday', 'To: Hanna', 'Subject: Brake', '');
            my $got = RT::Extension::Identities::Quotes::without_quotes(join("\n", @above, @head, @body), sub { $mia });
            for my $own (@own) { ++$lost if index($got, $own) < 0 }
            for my $line (@quoted) { ++$left if index($got, $line) >= 0 && @own }
        }
    }
    is $lost, 0, 'nothing is lost';
    is $left, 0, 'nothing is left';
};

subtest 'a large text is no matter of minutes' => sub {
    my $calls = 0;
    my $text = join "\n", ('From: x') x 20_000, ('> y', 'z') x 20_000;
    my $got = RT::Extension::Identities::Quotes::without_quotes($text, sub { ++$calls; $mia });
    is length $got, length $text, 'nothing in it is a quote';
    is $calls, 1, 'earlier messages are read once';
};

done_testing;
