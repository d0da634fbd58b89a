#include "images/image_fetcher.h"

#include "images/archive_reader.h"
#include "images/manifest_check.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/process.h>
#include <cleat/sdk/text.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

constexpr size_t kIndexLimit = 4u << 20;
constexpr uint64_t kSpareBlocks = 32768;  // 16 MiB

std::string base64(const std::string& text) {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                             reinterpret_cast<const unsigned char*>(text.data()), int(text.size()));
  encoded.resize(size_t(size));
  return encoded;
}

// logrus writes: time="…" level=fatal msg="…\"quoted\"…"
std::string messageOf(const std::string& log) {
  size_t fatal = log.rfind("level=fatal");
  size_t start = fatal == std::string::npos ? fatal : log.find("msg=\"", fatal);
  std::string message;
  if (start == std::string::npos) {
    message = log;
  } else {
    for (size_t i = start + 5; i < log.size() && log[i] != '"'; ++i) {
      if (log[i] == '\\' && i + 1 < log.size()) ++i;
      message += log[i];
    }
  }
  while (!message.empty() && message.back() == '\n') message.pop_back();
  if (message.size() > 2048) message.resize(2048);
  return message;
}

bool mentions(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return text.find(word) != std::string::npos; });
}

Result<json::value> parsed(const std::string& text, const std::string& source) {
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error) return fail(Status::badRequest(source + ": " + error.message()));
  return value;
}

Result<std::vector<ArchivedImage>> imagesOfDockerArchive(const std::string& path, const json::value& manifest) {
  std::vector<ArchivedImage> images;
  for (const json::value& entry : manifest.as_array()) {
    ArchivedImage image{"docker-archive:" + path + ":@" + std::to_string(images.size()), {}};
    const json::value* tags = entry.as_object().if_contains("RepoTags");
    if (tags && tags->is_array())
      for (const json::value& tag : tags->get_array()) image.names.emplace_back(tag.as_string());
    images.push_back(std::move(image));
  }
  return images;
}

// `transport` is "oci" for a folder and "oci-archive" for a tar file.
Result<std::vector<ArchivedImage>> imagesOfLayout(const std::string& transport, const std::string& path,
                                                  const json::value& index) {
  std::vector<ArchivedImage> images;
  const json::array& manifests = index.as_object().at("manifests").as_array();
  for (const json::value& entry : manifests) {
    const json::value* annotations = entry.as_object().if_contains("annotations");
    ArchivedImage image{transport + ":" + path, {}};
    if (annotations && annotations->is_object()) {
      const json::object& notes = annotations->get_object();
      const json::value* reference = notes.if_contains("org.opencontainers.image.ref.name");
      // containerd keeps the whole name here and only the tag in ref.name.
      const json::value* full = notes.if_contains("io.containerd.image.name");
      if (reference && reference->is_string()) image.source += ":" + std::string(reference->get_string());
      const json::value* name = full && full->is_string() ? full : reference;
      if (name && name->is_string()) image.names.emplace_back(name->get_string());
    }
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace

Status fetchError(const std::string& image, const std::string& standardError) {
  std::string message = messageOf(standardError);
  Status status = Status::internal("failed to pull image \"" + image + "\": " + message);
  auto become = [&](uint16_t code, const char* reason) {
    status.code = code;
    status.reason = reason;
  };
  if (mentions(message, {"manifest unknown", "name unknown", "not found", "does not exist", "404"}))
    become(404, "NotFound");
  else if (mentions(message, {"unauthorized", "denied", "authentication required", "forbidden"}))
    become(403, "Forbidden");
  else if (mentions(message, {"no such host", "connection refused", "i/o timeout", "no route to host",
                              "network is unreachable", "TLS handshake", "server misbehaving", "deadline exceeded",
                              "pinging container registry", "EOF", "server gave HTTP response"}))
    become(503, "RegistryUnavailable");
  return status;
}

Result<std::vector<ArchivedImage>> readArchive(const std::string& path) try {
  struct stat facts;
  if (stat(path.c_str(), &facts) != 0) return fail(systemError("cannot open " + path, errno));
  if (path.find(':') != std::string::npos)
    return fail(Status::badRequest(path + ": the path of an image must not contain a colon"));
  if (S_ISDIR(facts.st_mode)) {
    auto text = readFile(path + "/index.json", kIndexLimit);
    if (!text) return fail(Status::badRequest(path + " is not the folder of an OCI layout: it has no index.json"));
    CLEAT_TRY(auto index, parsed(*text, path + "/index.json"));
    return imagesOfLayout("oci", path, index);
  }
  CLEAT_TRY(auto reader, ArchiveReader::open(path));
  std::map<std::string, std::string> found;
  while (true) {
    CLEAT_TRY(auto entry, reader->next());
    if (entry == nullptr) break;
    const char* raw = archive_entry_pathname(entry);
    std::string name = raw ? raw : "";
    if (name.starts_with("./")) name.erase(0, 2);
    if (name != "manifest.json" && name != "index.json") continue;
    CLEAT_TRY(auto content, reader->content(kIndexLimit));
    found[name] = std::move(content);
  }
  // What Docker saves since version 25 is both; its manifest.json has the names in full.
  for (const char* name : {"manifest.json", "index.json"})
    if (found.contains(name)) {
      CLEAT_TRY(auto root, parsed(found[name], path + ": " + name));
      return name == std::string("manifest.json") ? imagesOfDockerArchive(path, root)
                                                  : imagesOfLayout("oci-archive", path, root);
    }
  return fail(
      Status::badRequest(path + " is neither an OCI nor a Docker archive: it has no index.json and no manifest.json"));
} catch (const std::exception& error) {
  return fail(Status::badRequest(path + ": its list of images is malformed: " + error.what()));
}

Result<std::string> ImageFetcher::remoteManifest(const ImageName& name, const std::vector<std::string>& access) {
  Command command{.argv = {settings_.skopeo, "inspect", "--raw"}, .newSession = true};
  command.argv.insert(command.argv.end(), access.begin(), access.end());
  command.argv.push_back("docker://" + (name.digest.empty() ? name.full() : name.path() + "@" + name.digest));
  RunOptions options{
      .timeoutMs = settings_.timeoutMs, .outputLimit = kManifestLimit + 1, .cancelFd = settings_.cancelFd};
  CLEAT_TRY(auto output, run(command, options));
  if (!output.succeeded()) return fail(fetchError(name.full(), output.standardError));
  if (output.standardOutput.size() > kManifestLimit)
    return fail(Status::tooLarge(
        concat("failed to pull image \"", name.full(), "\": its manifest has more than ", kManifestLimit, " bytes")));
  std::string digest = digestOf(output.standardOutput);
  if (!name.digest.empty() && name.digest != digest)
    return fail(
        Status::badRequest(concat("failed to pull image \"", name.full(), "\": what the registry gives is ", digest)));
  return std::move(output.standardOutput);
}

Result<Image> ImageFetcher::copy(const Source& source) {
  CLEAT_TRY(auto transfer, store_.beginTransfer());
  std::string folder = transfer->folder();
  // Which signatures an image needs is for admission to decide, not for the file that skopeo would look for.
  std::string policy = folder + "/policy.json";
  CLEAT_TRY(writeFile(policy, R"({"default":[{"type":"insecureAcceptAnything"}]})"));
  // A registry may send more than it said. The shell's unit is 512 bytes, and skopeo writes small files of its own.
  std::string blocks = concat(source.fileLimit / 512 + kSpareBlocks);
  Command command{
      .argv = {"/bin/sh", "-c", "ulimit -f \"$0\" && exec \"$@\"", blocks, settings_.skopeo, "copy", "--quiet",
               "--policy", policy, "--tmpdir", folder, "--dest-shared-blob-dir", store_.blobsFolder()},
      .newSession = true};
  for (std::string option : source.access) {
    // `copy` has the same options as `inspect` for each of its two ends.
    if (option.starts_with("--tls-verify")) option.replace(0, 2, "--src-");
    command.argv.push_back(option);
  }
  command.argv.push_back(source.reference);
  command.argv.push_back("oci:" + folder + "/layout:image");
  const std::string& shown = source.names.empty() ? source.reference : source.names[0];
  CLEAT_TRY(auto output, run(command, {.timeoutMs = settings_.timeoutMs, .cancelFd = settings_.cancelFd}));
  std::string failed = concat("failed to pull image \"", shown, "\": ");
  if (output.timedOut)
    return fail(Status::timeout(concat(failed, "not done within ", settings_.timeoutMs / 1000, " s")));
  if (output.exitCode != 0 && mentions(output.standardError, {"SIGXFSZ", "file too large"}))
    return fail(Status::tooLarge(
        concat(failed, "one of its blobs has more bytes than its manifest says, or than max_layer_bytes allows")));
  if (!output.succeeded()) return fail(fetchError(shown, output.standardError));
  auto adopted = store_.adopt(folder + "/layout", source.names);
  if (!adopted) adopted.error().message = failed + adopted.error().message;
  return adopted;
}

Result<Image> ImageFetcher::pull(const std::string& name, const RegistryCredential& credential) {
  CLEAT_TRY(auto parsedName, parseImageName(name));
  auto pulled = pullWith(parsedName, credential);
  // What has come of it belongs to no image.
  if (!pulled) store_.collect();
  return pulled;
}

Result<Image> ImageFetcher::pullWith(const ImageName& name, const RegistryCredential& credential) {
  Source source;
  const auto& insecure = settings_.insecureRegistries;
  if (std::find(insecure.begin(), insecure.end(), name.registry) != insecure.end())
    source.access.push_back("--tls-verify=false");
  if (!settings_.registriesConf.empty()) source.access.push_back("--registries-conf=" + settings_.registriesConf);
  // The credential's file lives as long as this folder.
  CLEAT_TRY(auto transfer, store_.beginTransfer());
  if (!credential.username.empty()) {
    std::string file = transfer->folder() + "/auth.json";
    json::object entry{{"auth", base64(credential.username + ":" + credential.password)}};
    json::object auths{{"auths", json::object{{name.registry, std::move(entry)}}}};
    CLEAT_TRY(writeFile(file, json::serialize(auths), 0600));
    source.access.push_back("--authfile=" + file);
  }
  CLEAT_TRY(auto manifest, remoteManifest(name, source.access));
  std::string digest = digestOf(manifest);
  source.names = {name.path() + "@" + digest};
  if (!name.tag.empty() && name.digest.empty()) source.names.insert(source.names.begin(), name.full());
  // Two pulls of one image fetch it once.
  auto turn = turns_.take(digest);
  if (auto known = store_.find(source.names.back())) return store_.addNames(known->id, source.names);
  auto limit = largestBlob(manifest, store_.limits());
  if (!limit) {
    Status why = std::move(limit.error());
    why.message = concat("failed to pull image \"", name.full(), "\": ", why.message);
    return fail(std::move(why));
  }
  source.fileLimit = *limit;
  source.reference = "docker://" + name.path() + "@" + digest;
  return copy(source);
}

Result<Image> ImageFetcher::import(const std::string& path, const std::string& name) {
  auto imported = importAll(path, name);
  if (!imported) store_.collect();
  return imported;
}

Result<Image> ImageFetcher::importAll(const std::string& path, const std::string& name) {
  CLEAT_TRY(auto images, readArchive(path));
  if (images.empty()) return fail(Status::badRequest(path + " holds no image"));
  if (!name.empty()) {
    if (images.size() > 1)
      return fail(Status::badRequest(path + " holds " + std::to_string(images.size()) +
                                     " images; a name can be given to one only"));
    images.front().names = {name};
  }
  Result<Image> last = fail(Status::badRequest(path + " holds no image"));
  for (const ArchivedImage& image : images) {
    std::vector<std::string> names;
    for (const std::string& raw : image.names) {
      CLEAT_TRY(auto parsedName, parseImageName(raw));
      names.push_back(parsedName.full());
    }
    if (names.empty()) return fail(Status::badRequest("the image in " + path + " has no name: give it one"));
    // skopeo unpacks an archive that is compressed as a whole.
    last = copy({image.source, names, {}, store_.limits().bytes});
    if (!last) return last;
  }
  return last;
}

}  // namespace cleat::runtime
