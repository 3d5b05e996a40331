# The sidebar in RT's pages: what the Mason component html/Identities/Elements/Sidebar shows. Of agents with the right alone; for everybody else,
# and in SelfService, there is not a byte.
package RT::Extension::Identities::Page;
use strict;
use warnings;

use Encode ();
use RT::Extension::Identities::Bundle;
use RT::Extension::Identities::Context;
use RT::Extension::Identities::Host;

# html($m, Ticket => ... or User => ...): the component's text, or nothing.
sub html {
    my ($m, %what) = @_;
    my $object = $what{Ticket} // $what{User};
    my $agent = $object->CurrentUser;
    return unless $agent && $agent->id && $agent->Privileged && $m->request_comp->path !~ m{^/(?:SelfService|m)/};
    my $set_up = eval {
        my $settings = RT::Extension::Identities::Host::settings();
        { settings => $settings, bundle => RT::Extension::Identities::Bundle::of($settings) };
    };
    my $fault = $@;
    if (!$set_up) {
        return unless _may_see($agent, $what{Ticket});
        RT->Logger->error("Identities: $fault");
        return $m->scomp('/Identities/Elements/Unavailable', user_page => _user_page($what{User} && $what{User}->id));
    }
    my $asking = $what{Ticket} ? RT::Extension::Identities::Context::of_ticket($agent, $object, $set_up->{settings})
        : RT::Extension::Identities::Context::of_user($agent, $object, $set_up->{settings});
    return unless $asking;
    my $place = RT->Config->Get('WebPath') . '/identities';
    my $html = $m->scomp('/Identities/Elements/Sidebar',
        api => "$place/" . ($what{Ticket} ? 'ticket/' : 'user/') . $object->id,
        base => "$place/assets/$set_up->{bundle}{asset_version}",
        modules => [grep { m{^ui/.*\.js$} } sort keys %{ $set_up->{bundle}{files} }],
        locale => _locale($agent), time_zone => $asking->{context}{agent}{time_zone},
        theme => (RT->Config->Get('WebDefaultStylesheet', $agent) // '') =~ /-dark$/ ? 'dark' : 'light',
        user_page => _user_page($asking->{user_page}), first_reply => scalar _first_reply($asking, $set_up->{settings}),
        own_column => $m->request_comp->path =~ m{^/Ticket/(?:Display|Update)\.html$} ? 0 : 1,
    );
    # For the callbacks of the columns that come later in this page.
    $m->notes(identities_shown => 1);
    return $html;
}

# As the element asks first, so that nothing is asked before the first paint; nothing where the plugin is not quick enough.
sub _first_reply {
    my ($asking, $settings) = @_;
    my ($status, $reply) = RT::Extension::Identities::Host::call(
        kind => 'panel', id => 'sidebar', context => $asking->{context}, body => {}, budget_ms => $settings->{InlineBudget}, request_id => "page-$$",
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

sub _may_see {
    my ($agent, $ticket) = @_;
    my $rights = $agent->PrincipalObj->HasRights(Object => $ticket // RT->System);
    return $rights->{SuperUser} || $rights->{SeeIdentity};
}

sub _user_page {
    my ($id) = @_;
    return $id ? RT->Config->Get('WebPath') . "/User/Summary.html?id=$id" : undef;
}

# Of RT's page: what the agent chose, else what RT made of the browser's wish.
sub _locale {
    my ($agent) = @_;
    my $tag = eval { $agent->LanguageHandle->language_tag } || 'en';
    $tag =~ tr/_/-/;
    return $tag;
}

1;
