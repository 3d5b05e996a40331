# The sidebar in RT's pages: what the Mason component html/Identities/Elements/Sidebar shows. Of agents with the right
# alone; for everybody else, and in SelfService, there is not a byte.
package RT::Extension::Identities::Page;
use strict;
use warnings;

use Encode ();
use RT::Extension::Identities::Bundle;
use RT::Extension::Identities::Context;
use RT::Extension::Identities::Host;

# html($m, Ticket => ... or User => ... or Queue => ...): the component's text, or nothing. A queue is that of a ticket
# being created.
sub html {
    my ($m, %what) = @_;
    my ($kind, $object) = %what;
    my $agent = $object->CurrentUser;
    return unless $agent && $agent->id && $agent->Privileged && $m->request_comp->path !~ m{^/(?:SelfService|m)/};
    my $set_up = eval {
        my $settings = RT::Extension::Identities::Host::settings();
        { settings => $settings, bundle => RT::Extension::Identities::Bundle::of($settings) };
    };
    return _not_set_up($m, $agent, $kind, $object, $@) unless $set_up;
    my %common = (_address($kind, $object, $set_up->{bundle}), _manner($agent));
    if ($kind eq 'Queue') {
        return unless RT::Extension::Identities::Context::may_find($agent, $object);
        return $m->scomp('/Identities/Elements/NewTicket', %common, own_address => $agent->EmailAddress // '');
    }
    my $asking = RT::Extension::Identities::Context::of($agent, $object, $set_up->{settings}) or return;
    my $html = $m->scomp(
        '/Identities/Elements/Sidebar', %common,
        user_page => _user_page($asking->{user_page}), first_reply => scalar _first_reply($asking, $set_up->{settings}),
        own_column => $m->request_comp->path =~ m{^/Ticket/(?:Display|Update)\.html$} ? 0 : 1,
    );
    # For the callbacks of the columns that come later in this page.
    $m->notes(identities_shown => 1);
    return $html;
}

# The one line, for who would see the sidebar.
sub _not_set_up {
    my ($m, $agent, $kind, $object, $fault) = @_;
    my $rights = $agent->PrincipalObj->HasRights(Object => $kind eq 'User' ? RT->System : $object);
    return unless $rights->{SuperUser} || $rights->{SeeIdentity};
    RT::Extension::Identities::Host::remember($fault);
    return $m->scomp('/Identities/Elements/Unavailable',
        user_page => _user_page($kind eq 'User' ? $object->id : undef));
}

# Where the element asks and where its files are.
sub _address {
    my ($kind, $object, $bundle) = @_;
    my $place = RT->Config->Get('WebPath') . '/identities';
    return (
        api => "$place/" . lc($kind) . '/' . $object->id, base => "$place/assets/$bundle->{asset_version}",
        modules => [grep { m{^ui/.*\.js$} } sort keys %{ $bundle->{files} }],
    );
}

# As this agent has RT: language, time zone, colours.
sub _manner {
    my ($agent) = @_;
    my $tag = eval { $agent->LanguageHandle->language_tag } || 'en';
    $tag =~ tr/_/-/;
    return (
        locale => $tag, time_zone => $agent->UserObj->Timezone || RT->Config->Get('Timezone') || '',
        theme => (RT->Config->Get('WebDefaultStylesheet', $agent) // '') =~ /-dark$/ ? 'dark' : 'light',
    );
}

# As the element asks first, so that nothing is asked before the first paint; nothing where the plugin is not quick
# enough.
sub _first_reply {
    my ($asking, $settings) = @_;
    my ($status, $reply) = RT::Extension::Identities::Host::call(
        kind => 'panel', id => 'sidebar', context => $asking->{context}, left_out => $asking->{left_out}, body => {},
        budget_ms => $settings->{InlineBudget}, request_id => "page-$$",
    );
    return unless $status eq 'ok';
    return script_json(Encode::decode('UTF-8', $reply));
}

# JSON as it may stand in a script element: a customer may be called </script>.
sub script_json {
    my ($text) = @_;
    $text =~ s/([<>&\x{2028}\x{2029}])/sprintf '\\u%04x', ord $1/ge;
    return $text;
}

sub _user_page {
    my ($id) = @_;
    return $id ? RT->Config->Get('WebPath') . "/User/Summary.html?id=$id" : undef;
}

1;
