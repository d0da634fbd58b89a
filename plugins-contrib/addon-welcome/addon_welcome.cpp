// Fills the role `addon`: brings a page for visitors, with whatever serves it: its text, a deployment and a service.
#include <cleat/schema/role/addon.interface.h>
#include <cleat/schema/role/addon.role.h>
#include <cleat/sdk/interface.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

namespace {

using namespace cleat;

// Texts of the operator's stand in JSON.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + "\"";
}

class Welcome : public RolePlugin<role::AddonRole> {
 public:
  using RolePlugin::RolePlugin;

  Task<Result<void>> start() override {
    const int64_t replicas = config().integer("replicas");
    if (replicas < 0 || replicas > 100) co_return fail(Status::badRequest("replicas: must be between 0 and 100"));
    co_return Result<void>();
  }

  // The server asks every few seconds, applies what it is told as this plugin's user, and keeps it so.
  Task<Result<void>> bring(Call<role::AddonObjects>& call) override {
    const std::string ns = quoted(config().string("namespace"));
    const std::string meta =
        concat(R"("metadata":{"name":"welcome","namespace":)", ns, R"(,"labels":{"app":"welcome"}})");
    const std::string text = concat(R"({"apiVersion":"v1","kind":"ConfigMap",)", meta, R"(,"data":{"index.html":)",
                                    quoted(config().string("text")), "}}");
    const std::string server =
        concat(R"({"apiVersion":"apps/v1","kind":"Deployment",)", meta, R"(,"spec":{"replicas":)",
               config().integer("replicas"), R"(,"selector":{"matchLabels":{"app":"welcome"}},"template":{)",
               R"("metadata":{"labels":{"app":"welcome"}},"spec":{"containers":[{"name":"page","image":)",
               quoted(config().string("image")), R"(,"command":["httpd","-f","-p","8080","-h","/page"],)",
               R"("ports":[{"containerPort":8080}],"volumeMounts":[{"name":"page","mountPath":"/page"}]}],)",
               R"("volumes":[{"name":"page","configMap":{"name":"welcome"}}]}}}})");
    const std::string service =
        concat(R"({"apiVersion":"v1","kind":"Service",)", meta,
               R"(,"spec":{"selector":{"app":"welcome"},"ports":[{"port":80,"targetPort":8080}]}})");
    auto objects = call.results().initObjects(3);
    unsigned at = 0;
    for (const std::string* manifest : {&text, &server, &service}) objects[at++].setManifest(*manifest);
    call.results().setIsComplete(true);
    co_return Result<void>();
  }
};

}  // namespace

CLEAT_PLUGIN(Welcome, .name = "addon-welcome", .version = "1.0.0", .maturity = "alpha", .roles = "addon",
             .grants =
                 "- configmaps,services create,delete,get,patch\n"
                 "apps deployments create,delete,get,patch\n",
             .configSchema =
                 "namespace string default # where the page is\n"
                 "text string Welcome! # what it says\n"
                 "image string busybox:1.36 # something with httpd in it\n"
                 "replicas int 1 # how many serve it\n");
CLEAT_BRINGS(cleat::role::addon);
