# A message without the history that its sender's mail program put under or between it. Knows nothing of RT; texts are
# characters with \n.
#
# A customer's own words are never cut, so a line goes only on evidence:
#   lines marked with >    below a line like "On 3 Nov 2026, Mia wrote:", or when all of them stand in an earlier
#                          message
#   what Outlook appends   ("From: ... Sent: ... To: ... Subject: ...", no marks) when an earlier message is found in
#                          it; lines between and after
#                          those of the earlier message are the sender's answers and stay
# What is forwarded stays: it is what the sender wants to be read. So does everything where nothing else would be left,
# or where the sender says that the answers stand below.
package RT::Extension::Identities::Quotes;
use strict;
use warnings;
use utf8;

# In how many lines a mail program may wrap the line above a quote.
use constant MAX_ATTRIBUTION_LINES => 4;
# How many lines that begin with one word are tried.
use constant MAX_SAME_BEGINNINGS => 50;

my $wrote = qr/(?:wrote|writes|schrieb(?:en)?|a\ écrit|escribió|ha\ scritto|escreveu|schreef|skrev
    |napisał(?:\(a\)|a)?|kirjoitti
    |написал(?:\(а\)|а)?)/ix;
# As mail programs write it: a date after their first word, or the sender's address; and a colon at the end. What a
# person wrote about a quote, as "Mia wrote on Monday:", is the sender's own.
my $opening = qr/(?:On|Am|Le|El|Il|Op|Em|Den|På|Dnia|W dniu|Em|В)\b/;
my $dated = qr/$opening(?=.*\d).{0,300}\b$wrote\b.{0,100}/s;
my $addressed = qr/.{0,200}[\w.+-]\@[\w-].{0,80}\b$wrote\b.{0,100}/s;
my $attribution = qr/^(?:$dated|$addressed):$/s;

my $original = join '|', 'Original Message', 'Original Appointment', 'Ursprüngliche Nachricht', 'Originalnachricht',
    "Message d'origine",
    'Mensaje original', 'Messaggio originale', 'Mensagem original', 'Oorspronkelijk bericht';
my $separator = qr/^\s*(?:_{10,}|-{10,}|-{2,}\s*(?:$original)\s*-{2,})\s*$/i;
my %word = (
    from => 'From|Von|De|Da|Van|Från|Fra|Od|От',
    date => 'Sent|Date|Gesendet|Datum|Envoyé|Enviado|Enviado el|Fecha|Inviato|Data|Verzonden'
        . '|Skickat|Sendt|Wysłano|Отправлено',
    to => 'To|An|À|Para|A|Aan|Till|Til|Do|Кому',
    subject => 'Subject|Betreff|Objet|Asunto|Oggetto|Assunto|Onderwerp|Ämne|Emne|Temat|Тема',
);
# In bold, as converted from HTML, they stand between asterisks. A subject may be empty.
my %field = map { $_ => qr/^\s*\*?(?:$word{$_})\s*:\*?\s*/i } keys %word;
$field{$_} = qr/$field{$_}\S/ for qw(from date to);
my $forward = join '|', 'Begin forwarded message', 'Forwarded message', 'Weitergeleitete Nachricht',
    'Message transféré',
    'Mensaje reenviado',
    'Messaggio inoltrato', 'Doorgestuurd bericht';
my $forwarded = qr/^\s*(?:-{2,}\s*)?(?:$forward)\b/im;
my $says_below =
    qr/\b(?:below|in-?line|in\ (?:red|blue|green|bold)|(?:weiter\ )?unten|im\ Text|in\ (?:rot|blau|grün|fett)
    |ci-dessous|más\ abajo|qui\ sotto|hieronder)\b/ix;

# without_quotes($text, $earlier): the text without its quotes, never empty where it was not. earlier: a function that
# returns earlier messages of the thread with all that they quoted; called only when their words decide.
sub without_quotes {
    my ($text, $earlier) = @_;
    return $text unless $text =~ /\S/;
    my $known = _known($earlier);
    my @lines = split /\n/, $text, -1;
    my @own = _without_appended([_without_marked(\@lines, $known)], $known);
    my $result = join "\n", @own;
    return $text if $result eq $text;
    $result =~ s/\n{3,}/\n\n/g;
    $result =~ s/\A\n+|\n+\z//g;
    return $result =~ /\S/ ? $result : $text;
}

# Which of some lines stand in an earlier message: a function that takes lines and returns {index => 1}. Lines of the
# message are found whole, and in pieces when a mail program wrapped them anew; part of a line alone may be the sender's
# own words and is not found.
sub _known {
    my ($earlier) = @_;
    my ($words, $starts, $ends);
    return sub {
        my (@lines) = @_;
        ($words, $starts, $ends) = _index_words($earlier->()) unless $words;
        my @pieces = map { [_words($_)] } @lines;
        my %known;
        for my $at (0 .. $#pieces) {
            next if $known{$at} || !@{ $pieces[$at] };
            my $last = _last_of_match(\@pieces, $at, $words, $starts, $ends);
            $known{$_} = 1 for $at .. $last // -1;
        }
        return \%known;
    };
}

sub _words {
    my ($line) = @_;
    $line =~ s/^[\s>]+//;
    return split ' ', $line;
}

# All words of the earlier messages, where lines begin by their first word, and where they end.
sub _index_words {
    my (@texts) = @_;
    my (@words, %starts, %ends);
    for my $line (map { split /\n/ } @texts) {
        my @of_line = _words($line) or next;
        push @{ $starts{ $of_line[0] } }, scalar @words;
        push @words, @of_line;
        $ends{ scalar @words } = 1;
    }
    return (\@words, \%starts, \%ends);
}

# The last line of the longest run from this one that is a line of an earlier message, or several of them.
sub _last_of_match {
    my ($pieces, $at, $words, $starts, $ends) = @_;
    my $longest;
    my $begins = $starts->{ $pieces->[$at][0] } // [];
    for my $begin (@$begins[0 .. ($#$begins < MAX_SAME_BEGINNINGS ? $#$begins : MAX_SAME_BEGINNINGS)]) {
        my $position = $begin;
    PIECE: for my $next ($at .. $#$pieces) {
            for my $word (@{ $pieces->[$next] }) {
                last PIECE unless $position < @$words && $words->[$position] eq $word;
                ++$position;
            }
            $longest = $next if $ends->{$position} && @{ $pieces->[$next] } && $next > ($longest // -1);
        }
    }
    return $longest;
}

# ---- Lines that are marked -------------------------------------------------------------------------------------------

sub _without_marked {
    my ($lines, $known) = @_;
    my @own;
    # Once a message names whom it quotes, all that is marked in it is that.
    my $quotes = 0;
    for (my $at = 0; $at < @$lines; ++$at) {
        if ($lines->[$at] !~ /^ {0,3}>/) {
            push @own, $lines->[$at];
            next;
        }
        my $end = _end_of_marked($lines, $at);
        my @marked = @{$lines}[$at .. $end];
        my $above = _attribution_at_end(\@own);
        $quotes ||= $above;
        if ($quotes || _all_known(\@marked, $known)) {
            splice @own, @own - $above;
            push @own, '' if @own && $own[-1] =~ /\S/;
        } else {
            push @own, @marked;
        }
        $at = $end;
    }
    return @own;
}

# The last of the marked lines that begin here; an empty line between two of them belongs to them.
sub _end_of_marked {
    my ($lines, $at) = @_;
    my $end = $at;
    for my $next ($at + 1 .. $#$lines) {
        if ($lines->[$next] =~ /^ {0,3}>/) { $end = $next }
        elsif ($lines->[$next] =~ /\S/) { last }
    }
    return $end;
}

# How many lines at the end, with empty ones, say who wrote what follows; 0 when none do.
sub _attribution_at_end {
    my ($lines) = @_;
    my $last = $#$lines;
    --$last while $last >= 0 && $lines->[$last] !~ /\S/;
    return 0 if $last < 0 || @$lines - 1 - $last > 2;
    for my $count (1 .. MAX_ATTRIBUTION_LINES) {
        my $first = $last - $count + 1;
        last if $first < 0 || $lines->[$first] !~ /\S/;
        next unless join(' ', @{$lines}[$first .. $last]) =~ $attribution;
        # A line that was wrapped before the address begins above.
        --$first if $first > 0 && $lines->[$first] !~ /^$opening/ && $lines->[$first - 1] =~ /^$opening.*\d/;
        return @$lines - $first;
    }
    return 0;
}

sub _all_known {
    my ($lines, $known) = @_;
    my $found = $known->(@$lines);
    return %$found && !grep { !$found->{$_} && $lines->[$_] =~ /\w/ } 0 .. $#$lines;
}

# ---- What is appended without marks ----------------------------------------------------------------------------------

sub _without_appended {
    my ($lines, $known) = @_;
    my ($first, $after) = _appended($lines) or return @$lines;
    my @above = @{$lines}[0 .. $first - 1];
    my $above = join "\n", @above;
    return @$lines if $above !~ /\S/ || $above =~ $says_below || $above =~ $forwarded;
    my @below = @{$lines}[$after .. $#$lines];
    my $is_known = $known->(@below);
    my @found = sort { $a <=> $b } keys %$is_known;
    # The words of an earlier message end with it; an attribution without anything below it is cut as it stands.
    return @$lines unless @found || !grep { /\S/ } @below;
    my @answers;
    if (@found) {
        for my $at ($found[0] .. $#below) {
            last if $at > $found[-1] && _begins_appended(\@below, $at);
            push @answers, $below[$at] if !$is_known->{$at} && $below[$at] =~ /\w/;
        }
    }
    return (@above, @answers ? ('', @answers) : ());
}

# Where the first appended message begins, and where its text does.
sub _appended {
    my ($lines) = @_;
    for my $at (0 .. $#$lines) {
        my $after = _begins_appended($lines, $at);
        return ($at, $after) if $after;
    }
    return;
}

# The first line of the text when an appended message begins at this line.
sub _begins_appended {
    my ($lines, $at) = @_;
    return unless $lines->[$at] =~ /\S/;
    for my $count (1 .. MAX_ATTRIBUTION_LINES) {
        my $last = $at + $count - 1;
        last if $last > $#$lines || $lines->[$last] !~ /\S/;
        return $last + 1 if join(' ', @{$lines}[$at .. $last]) =~ $attribution;
    }
    my $head = $at;
    if ($lines->[$at] =~ $separator) {
        ++$head;
        ++$head while $head <= $#$lines && $lines->[$head] !~ /\S/;
    }
    return unless $head <= $#$lines && $lines->[$head] =~ $field{from};
    my %seen;
    my $after = $head + 1;
    # Its lines may be apart by one empty line, as converted from HTML.
    for my $next ($head + 1 .. ($head + 12 < $#$lines ? $head + 12 : $#$lines)) {
        my ($name) = grep { $_ ne 'from' && $lines->[$next] =~ $field{$_} } sort keys %field;
        next unless $name;
        $seen{$name} = 1;
        $after = $next + 1;
        last if $name eq 'subject';
    }
    return keys %seen >= 2 ? $after : undef;
}

1;
