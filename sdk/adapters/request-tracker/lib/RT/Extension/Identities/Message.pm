# What one transaction of RT says: its text, its attachments, how it came in, and the name its writer has in it. Reads
# RT's database alone, writes nothing (RT::Attachment::ContentLength would). All texts are characters, within the limits
# of manifest/schemas/engagement.json.
package RT::Extension::Identities::Message;
use strict;
use warnings;
use utf8;

use RT::Attachments ();
use RT::EmailParser ();
use RT::Extension::Identities::Quotes;

use constant { MAX_TEXT => 500_000, MAX_NAME => 200, MAX_FILE_NAME => 255, MAX_TYPE => 127, MAX_ATTACHMENTS => 50 };
# Converting HTML takes RT seconds a megabyte; what is larger was made by a machine.
use constant MAX_HTML => 1_000_000;

# In place of a text that is not copied.
use constant ENCRYPTED => '(This message is encrypted. Its text is in RT alone.)';

# RT writes by which of its doors a message came into the message itself, and takes what a mail says of that out. So it
# is known at any time later, and the same whenever it is asked.
my %channel = (
    web => 'web', mobile => 'web', email => 'mail', rest => 'api', rest2 => 'api', api => 'api', cli => 'cli',
);
use constant UNKNOWN_CHANNEL => 'ticket';

my $encrypted_type = qr{^(?:multipart/encrypted|application/pgp-encrypted|application/(?:x-)?pkcs7-mime
    |x-application-rt\\?/[^-]+-encrypted)}ix;
# RT's copy of a mail as it came, and signatures: of no use to a reader.
my $no_attachment = qr{^(?:multipart/|application/x-rt-original-message
    |application/(?:pgp-signature|(?:x-)?pkcs7-signature)$)}ix;

# of($transaction): an object; its parts are read once. The transaction is loaded as RT's system user.
sub of {
    my ($class, $transaction) = @_;
    my $parts = RT::Attachments->new(RT->SystemUser);
    # Without Content: that is read of the text alone.
    $parts->Columns(qw(id TransactionId Parent Filename Subject ContentType ContentEncoding Headers));
    $parts->Limit(FIELD => 'TransactionId', VALUE => $transaction->id);
    $parts->OrderBy(FIELD => 'id', ORDER => 'ASC');
    my %children;
    my @parts = @{ $parts->ItemsArrayRef };
    push @{ $children{ $_->__Value('Parent') || 0 } }, $_ for @parts;
    return bless { parts => \@parts, children => \%children, root => ($children{0} // [])->[0] }, $class;
}

sub is_empty { return !@{ $_[0]{parts} } }

sub channel {
    my ($self) = @_;
    my $said = $self->{root} ? lc _header($self->{root}, 'X-RT-Interface') : '';
    return $channel{$said} // UNKNOWN_CHANNEL;
}

# Whether any of it is encrypted, or was when it came: RT keeps what it could decrypt as plain text.
sub is_encrypted {
    my ($self) = @_;
    return $self->{encrypted} //= (grep { _part_is_encrypted($_) } @{ $self->{parts} })
        || (grep { $_->Content =~ /^-----BEGIN PGP MESSAGE-----/m } $self->_text_parts) ? 1 : 0;
}

sub _part_is_encrypted {
    my ($part) = @_;
    my $type = _header($part, 'Content-Type') || $part->ContentType // '';
    return 1 if $type =~ $encrypted_type && $type !~ /smime-type="?signed-data/i;
    return 1 if _header($part, 'X-RT-Incoming-Encryption') eq 'Success' || _header($part, 'X-RT-Encrypt');
    return grep { /^X-RT-(?:GnuPG|SMIME)-Status:.*\bOperation:\s*Decrypt\b/is } $part->SplitHeaders;
}

# The text without quotes. earlier: a function that returns the texts of earlier messages.
sub text {
    my ($self, $earlier) = @_;
    return ENCRYPTED if $self->is_encrypted;
    return _limited(RT::Extension::Identities::Quotes::without_quotes($self->whole_text, $earlier));
}

# The text with all that it quotes; nothing of an encrypted message.
sub whole_text {
    my ($self) = @_;
    return '' if $self->is_encrypted;
    return $self->{whole_text} //= join "\n\n", grep { /\S/ } map { _text_of($_) } $self->_text_parts;
}

# What RT shows as the message: of alternatives the plain one that is not empty, of a mixture each text that is no file.
sub _text_parts {
    my ($self) = @_;
    $self->{text_parts} //= [$self->{root} ? $self->_texts_below($self->{root}) : ()];
    return @{ $self->{text_parts} };
}

sub _texts_below {
    my ($self, $part) = @_;
    return if length($part->Filename // '') || $part->IsAttachmentContentDisposition;
    my $type = lc($part->ContentType // '');
    return $part if $type =~ m{^text/(?:plain|html)$};
    return unless $type =~ m{^multipart/};
    my @below = map { [$self->_texts_below($_)] } @{ $self->{children}{ $part->id } // [] };
    return map { @$_ } @below unless $type eq 'multipart/alternative';
    my @full = grep {
        @$_ && grep { ($_->Content // '') =~ /\S/ } @$_
    } @below;
    my ($plain) = grep { lc $_->[0]->ContentType eq 'text/plain' } @full;
    return @{ $plain // $full[0] // [] };
}

sub _text_of {
    my ($part) = @_;
    my $text = $part->Content // '';
    $text = _html_to_text($text) if lc $part->ContentType eq 'text/html';
    return _clean($text);
}

# ---- HTML ------------------------------------------------------------------------------------------------------------

# What RT's own converter has too much of: it marks every indented line as a quote, also of a list, and joins the lines
# of neighbouring divs.
my %converter = (
    leftmargin => 0, rightmargin => 78, no_rowspacing => 1, before_link => '', after_link => ' (%l)', footnote => '',
    skip_linked_urls => 1, with_emphasis => 0,
);

# With > before each line of what is marked as a quote, as in plain mail. Characters of private use stand for the quotes
# while the rest is converted.
sub _html_to_text {
    my ($html) = @_;
    require HTML::TreeBuilder;
    $html = substr $html, 0, MAX_HTML;
    $html =~ tr/\x{e000}\x{e001}//d;
    my $tree = HTML::TreeBuilder->new_from_content($html);
    _break_lines($_) for $tree->look_down(_tag => 'div');
    my @quotes;
    for my $quote ($tree->look_down(_tag => 'blockquote', sub { _is_quote($_[0]) })) {
        next if $quote->look_up(_tag => 'blockquote', sub { $_[0] != $quote && _is_quote($_[0]) });
        push @quotes, _converted($quote);
        $quote->replace_with(HTML::Element->new_from_lol(['p', "\x{e000}$#quotes\x{e001}"]));
    }
    my $text = _converted($tree);
    $tree->delete;
    $text =~ s/^[^\S\n]*\x{e000}(\d+)\x{e001}[^\S\n]*$/_marked($quotes[$1])/gme;
    return $text;
}

# As mail programs mark what they quote; another blockquote is the writer's own.
sub _is_quote {
    my ($element) = @_;
    return 1 if lc($element->attr('type') // '') eq 'cite' || defined $element->attr('cite');
    return ($element->attr('class') // '') =~ /\b(?:gmail_quote|moz-cite|yahoo_quoted|protonmail_quote)\b/;
}

# A div begins and ends a line.
sub _break_lines {
    my ($div) = @_;
    my $before = $div->left;
    $div->preinsert(HTML::Element->new('br')) if defined $before && !_breaks($before);
    my @inside = $div->content_list;
    $div->push_content(HTML::Element->new('br')) if @inside && !_breaks($inside[-1]);
    return;
}

sub _breaks {
    my ($node) = @_;
    return ref $node && $node->tag =~ /^(?:br|div|p|h[1-6]|ul|ol|table|blockquote|pre|hr)$/;
}

sub _marked {
    my ($text) = @_;
    $text =~ s/\A\s*\n|\s+\z//g;
    $text =~ s/^[^\S\n]*/> /mg;
    return $text;
}

sub _converted {
    my ($element) = @_;
    require HTML::FormatText::WithLinks::AndTables;
    my $html = $element->as_HTML('<>&', undef, {});
    my $text = eval { HTML::FormatText::WithLinks::AndTables->convert($html, { %converter }) };
    return $text // $element->as_text;
}

# ---- Attachments, headers --------------------------------------------------------------------------------------------

# Name, type and size of each file. A mail within the mail is one file. Of an encrypted message none: names lay inside
# the envelope, too.
sub attachments {
    my ($self) = @_;
    return [] if $self->is_encrypted || !$self->{root};
    my @files = $self->_files_below($self->{root});
    $#files = MAX_ATTACHMENTS - 1 if @files > MAX_ATTACHMENTS;
    return \@files;
}

sub _files_below {
    my ($self, $part) = @_;
    my $type = lc($part->ContentType // '');
    my $is_file = length($part->Filename // '') || $part->IsAttachmentContentDisposition;
    return map { $self->_files_below($_) } @{ $self->{children}{ $part->id } // [] }
        if $type =~ m{^multipart/} && !$is_file;
    return if $type =~ $no_attachment || (!$is_file && $type =~ m{^text/(?:plain|html)$});
    my $name = _line($part->Filename, MAX_FILE_NAME);
    $name = $type =~ m{^message/} ? 'message.eml' : 'untitled' unless length $name;
    return { name => $name, type => _line($type, MAX_TYPE), size => 0 + _size($part) };
}

sub _size {
    my ($part) = @_;
    my $said = _header($part, 'Content-Length');
    return $said =~ /^\d{1,15}$/ ? $said : length($part->OriginalContent // '');
}

# The name that the mail gives this address as its sender; RT takes the first of these headers for the writer.
sub name_of_sender {
    my ($self, $address) = @_;
    return '' unless $self->{root} && length($address // '');
    for my $header (qw(Reply-To From Sender)) {
        for my $sender (RT::EmailParser->ParseEmailAddress(_header($self->{root}, $header))) {
            next unless lc($sender->address // '') eq lc $address;
            my $name = _line($sender->phrase, MAX_NAME);
            $name =~ s/\A"(.*)"\z/$1/;
            return $name if $name =~ /\w/ && lc $name ne lc $address;
        }
    }
    return '';
}

sub _header {
    my ($part, $name) = @_;
    return $part->GetHeader($name) // '';
}

# ---- Texts as the schema takes them ----------------------------------------------------------------------------------

# Characters that are none, and those that steer a terminal, would be refused or do harm.
sub _clean {
    my ($text) = @_;
    $text =~ s/\r\n?/\n/g;
    $text =~ tr/\x{a0}/ /;
    $text =~ s/[\x{d800}-\x{dfff}]|[^\x{0}-\x{10ffff}]/\x{fffd}/g;
    $text =~ s/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]//g;
    $text =~ s/\A\s*\n|\s+\z//g;
    return $text;
}

sub _line {
    my ($text, $limit) = @_;
    $text = _clean($text // '');
    $text =~ s/\s+/ /g;
    $text =~ s/\A | \z//g;
    return substr $text, 0, $limit;
}

sub _limited {
    my ($text) = @_;
    return length $text > MAX_TEXT ? substr($text, 0, MAX_TEXT) : $text;
}

1;
