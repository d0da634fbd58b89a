// Secrets: bytes under keys that are shown to nobody who need not see them. Some types demand certain keys.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <map>

#include "kinds-common/names.h"
#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

constexpr size_t kSecretLimit = 1u << 20;

using Entries = capnp::List<meta_v1::DataEntry>::Reader;

// stringData is for writing only: it overlays data.
void mergeStringData(core_v1::Secret::Builder secret) {
  std::map<std::string, std::string> all;
  for (auto entry : secret.asReader().getData()) all[str(entry.getKey())] = view(entry.getValue());
  for (auto entry : secret.asReader().getStringData()) all[str(entry.getKey())] = view(entry.getValue());
  auto merged = secret.initData(all.size());
  uint32_t at = 0;
  for (const auto& [key, value] : all) {
    merged[at].setKey(key);
    merged[at++].setValue(dataOf(value));
  }
  secret.disownStringData();
}

void setDefaults(core_v1::Secret::Builder secret, const Change<core_v1::Secret>&) {
  if (secret.getType().size() == 0) secret.setType("Opaque");
  if (secret.hasStringData() && secret.asReader().getStringData().size() > 0) mergeStringData(secret);
}

bool hasKey(Entries data, std::string_view key) {
  for (auto entry : data) {
    if (view(entry.getKey()) == key) return true;
  }
  return false;
}

// The value of a key that must be JSON. Only whether it looks like an object is told here.
bool looksLikeJsonObject(Entries data, std::string_view key) {
  for (auto entry : data) {
    if (view(entry.getKey()) != key) continue;
    std::string_view text = view(entry.getValue());
    size_t first = text.find_first_not_of(" \t\r\n");
    size_t last = text.find_last_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{' && text[last] == '}';
  }
  return false;
}

void requireKey(Entries data, std::string_view key, Findings& findings) {
  if (!hasKey(data, key)) findings.required(Path("data")[key]);
}

void requireJson(Entries data, std::string_view key, Findings& findings) {
  if (!hasKey(data, key)) {
    findings.required(Path("data")[key]);
  } else if (!looksLikeJsonObject(data, key)) {
    findings.invalid(Path("data")[key], "<secret contents redacted>",
                     "invalid character at the beginning or end of value");
  }
}

void checkType(core_v1::Secret::Reader secret, Findings& findings) {
  std::string_view type = view(secret.getType());
  Entries data = secret.getData();
  if (type == "kubernetes.io/service-account-token") {
    constexpr std::string_view kAccount = "kubernetes.io/service-account.name";
    if (valueIn(secret.getMetadata().getAnnotations(), kAccount).empty()) {
      findings.required((Path("metadata") / "annotations")[kAccount]);
    }
  } else if (type == "kubernetes.io/dockercfg") {
    requireJson(data, ".dockercfg", findings);
  } else if (type == "kubernetes.io/dockerconfigjson") {
    requireJson(data, ".dockerconfigjson", findings);
  } else if (type == "kubernetes.io/basic-auth") {
    if (!hasKey(data, "username") && !hasKey(data, "password")) {
      findings.required(Path("data")["username"]);
      findings.required(Path("data")["password"]);
    }
  } else if (type == "kubernetes.io/ssh-auth") {
    bool filled = false;
    for (auto entry : data) filled |= view(entry.getKey()) == "ssh-privatekey" && entry.getValue().size() > 0;
    if (!filled) findings.required(Path("data")["ssh-privatekey"]);
  } else if (type == "kubernetes.io/tls") {
    requireKey(data, "tls.crt", findings);
    requireKey(data, "tls.key", findings);
  }
}

void checkUpdate(core_v1::Secret::Reader old, core_v1::Secret::Reader now, Findings& findings) {
  if (view(old.getType()) != view(now.getType())) findings.invalid(Path("type"), now.getType(), kImmutable);
  if (!valueOr(old.getImmutable(), false)) return;
  constexpr std::string_view kFixed = "field is immutable when `immutable` is set";
  if (!valueOr(now.getImmutable(), false)) findings.forbidden(Path("immutable"), kFixed);
  if (!sameStruct(old.getData(), now.getData())) findings.forbidden(Path("data"), kFixed);
}

void validate(const Change<core_v1::Secret>& change, Findings& findings) {
  if (change.old) checkUpdate(*change.old, change.object, findings);
  size_t total = 0;
  for (auto entry : change.object.getData()) {
    Wrongs wrongs = wrongConfigMapKey(view(entry.getKey()));
    if (!wrongs.empty()) findings.invalidEach(Path("data")[view(entry.getKey())], entry.getKey(), wrongs);
    total += entry.getValue().size();
  }
  if (total > kSecretLimit) findings.tooLong(Path("data"), kSecretLimit);
  checkType(change.object, findings);
}

void print(core_v1::Secret::Reader secret, Cells& cells) {
  cells.text(secret.getMetadata().getName());
  cells.text(secret.getType());
  cells.integer(secret.getData().size());
  cells.age(secret.getMetadata().getCreationTimestamp());
}

}  // namespace

void addSecrets(KindTable& table) {
  table.add<core_v1::Secret>({.structFile = kSchemaFile,
                              .columns = {nameColumn(),
                                          {"Type", "string", "What the secret is for."},
                                          {"Data", "string", "How many keys there are."},
                                          ageColumn()},
                              .selectableFields = {"type"},
                              .keepsGeneration = true},
                             {setDefaults, validate, print});
}

}  // namespace cleat::kinds::core
