@0xc1ea7c1ea7c1ead1;
# The role `authenticator`: says who a caller is. The host asks the authenticators of the
# configured chain in order until one knows the caller. A plugin that calls this interface
# (a TokenReview) is answered by the whole chain.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("cleat::role");

interface Authenticator {
  authenticate @0 Credentials -> AuthenticateResults;
  # CLEAT_NOT_MINE: not for me, ask the next. CLEAT_DENIED: I know these credentials to be wrong; the request gets
  # 401 unless a later one of the chain accepts it.

  document @1 DocumentParams -> DocumentResults;
  # What this plugin publishes at a path of the API server that is nobody else's, for those who check its tokens
  # elsewhere: the keys of an issuer. CLEAT_NOT_MINE: nothing. Each of the chain is asked until one has something; who
  # may read a path is for authorizers to say.

  anonymous @2 () -> AnonymousResults;
  # Who of those that show no credentials is let in. Asked when the plugin has started, and again when any comes or goes. The first
  # of the chain that decides it does so in the place of the server's own configuration ([authn] anonymous).
}

struct AnonymousResults {
  decides @0 :Bool;
  # Otherwise what follows counts for nothing.
  allowed @1 :Bool;
  paths @2 :List(Text);
  # Only who asks for one of these ("/livez"); none: for whatever.
}

struct DocumentParams {
  path @0 :Text;
  # "/openid/v1/jwks"
}

struct DocumentResults {
  contentType @0 :Text;
  body @1 :Text;
  maxAgeSeconds @2 :UInt32;
  # For how long it may be kept by whoever has read it.
}

struct Credentials {
  bearerToken @0 :Text;
  clientCertificates @1 :List(Data);
  # DER, the caller's own first, as the TLS handshake brought them; not verified.
  remoteAddress @2 :Text;
  audiences @3 :List(Text);
  # Empty: the API server's own.
}

struct AuthenticateResults {
  user @0 :User;
  audiences @1 :List(Text);
}

struct User {
  name @0 :Text;
  uid @1 :Text;
  groups @2 :List(Text);
  extra @3 :List(Extra);
}

struct Extra {
  key @0 :Text;
  values @1 :List(Text);
}
