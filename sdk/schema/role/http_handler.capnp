@0xc1ea7c1ea7c1eae0;
# The role `http_handler`: answers requests at paths of the API server that are nobody else's, or says which other server does.
# Any number of plugins fill it, each with paths of its own.

using Cxx = import "/capnp/c++.capnp";
using Auth = import "authn.capnp";
$Cxx.namespace("cleat::role");

interface HttpHandler {
  routes @0 RoutesParams -> RoutesResults;
  # Which paths the plugin takes, and what API clients are to find there. Waits until that is something else than at
  # `cursor`, or until shortly before the deadline, and then tells the same cursor alone. A cursor that this instance of the
  # plugin has not given (0 among them) is answered at once.

  handle @1 HandleParams -> HandleResults;
  # A request at such a path. Whose it is is known, and that they may make it: a path of the form /apis/GROUP/VERSION/… that
  # names a resource was authorized as one, any other by its path. A Status that the call fails with is the client's answer.
  # CLEAT_NOT_MINE: there is nothing at this path.
}

struct RoutesParams {
  cursor @0 :UInt64;
}

struct RoutesResults {
  cursor @0 :UInt64;
  routes @1 :List(Route);
  versions @2 :List(ServedVersion);
}

struct Route {
  prefix @0 :Text;
  # "/contrib/hello": that path, and every one below it. Of several that fit the longest counts; it comes before what the
  # server itself has there.
  wantsBody @1 :Bool;
  # `handle` gets the bodies of requests. Otherwise one is read only when the request is forwarded.
}

struct ServedVersion {
  # A version of an API group that is served behind /apis/GROUP/VERSION, for those who ask which there are.
  group @0 :Text;
  version @1 :Text;
  groupPriority @2 :Int32;
  # Groups of a higher one come first. That of the groups of users' own kinds is 1000, and the server's own come before all.
  versionPriority @3 :Int32;
  # The same among the versions of the group.
  resources @4 :Text;
  # A list in JSON: the resources as aggregated discovery tells them (APIResourceDiscovery). Empty: none are known.
  stale @5 :Bool;
  # They are what was known last, as whoever serves them does not answer.
  openApi @6 :Text;
  # The OpenAPI v3 document of the version, in JSON. Empty: there is none.
  openApiV2 @7 :Text;
  # What is to be said of it in the OpenAPI v2 document of everything: a document of version 2.0, in JSON, of which the paths
  # below /apis/GROUP/VERSION count and the definitions that they need. Empty: nothing.
}

struct Header {
  name @0 :Text;
  value @1 :Text;
}

struct HandleParams {
  method @0 :Text;
  path @1 :Text;
  # As it came, percent-encoded.
  query @2 :Text;
  # Without the question mark.
  headers @3 :List(Header);
  # Without credentials, without those that say something about the connection, and without X-Remote-…
  body @4 :Data;
  user @5 :Auth.User;
  # As whom the request is made, after impersonation.
  remoteAddress @6 :Text;
}

struct HandleResults {
  union {
    answer @0 :HttpAnswer;
    forward @1 :HttpForward;
  }
}

struct HttpAnswer {
  status @0 :UInt16 = 200;
  contentType @1 :Text;
  headers @2 :List(Header);
  body @3 :Data;
}

struct HttpForward {
  # The request goes on to another server, and its answer comes back as it flows: a watch too, and an upgrade both ways.
  url @0 :Text;
  # With the path and the query that it is to have there: "https://10.1.2.3:443/apis/…".
  caBundle @1 :Text;
  # Authorities, in PEM, one of which has signed that server's certificate. Empty: those that this machine trusts.
  skipVerify @2 :Bool;
  # Any certificate will do.
  serverName @3 :Text;
  # Whom the certificate is to be for; empty: the URL's host.
  certificateFile @4 :Text;
  keyFile @5 :Text;
  # What the other server is shown: PEM files on the server's machine. Empty: nothing.
  headers @6 :List(Header);
  # Set in place of whatever the client has sent under those names.
}
