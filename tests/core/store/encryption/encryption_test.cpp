// Values encrypted on their way to the disk: the forms, the keys that come and go, and what the disk shows.
#include <cleat/sdk/text.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "core/store/encryption/encrypted_engine.h"
#include "core/store/encryption/secretbox.h"
#include "core/store/encryption/value_cipher.h"

namespace cleat::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kKey = "/registry/secrets/default/a";
constexpr const char* kValue = R"({"apiVersion":"v1","kind":"Secret","data":{"password":"aHVzaA=="}})";

std::string configOf(const std::string& providers, const std::string& resources = "[secrets]") {
  return "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: " +
         resources + "\n  providers:\n" + providers;
}

constexpr const char* kOne = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";  // 32 bytes
constexpr const char* kTwo = "YWJjZGVmZ2hpamtsbW5vcGFiY2RlZmdoaWprbG1ub3A=";

std::string provider(const std::string& name, const std::string& keys) {
  return concat("  - ", name, ":\n      keys:\n", keys);
}
std::string key(const std::string& name, const std::string& secret) {
  return concat("      - name: ", name, "\n        secret: ", secret, "\n");
}
EncryptionConfig config(const std::string& providers, const std::string& resources = "[secrets]") {
  auto read = parseEncryptionConfig(configOf(providers, resources));
  if (!read) throw std::runtime_error(read.error().message);
  return *std::move(read);
}

TEST(EncryptionConfig, SaysWhatIsWrongWithIt) {
  struct Case {
    std::string text, why;
  };
  const Case cases[] = {
      {"kind: Secret", "kind: must be EncryptionConfiguration"},
      {"kind: EncryptionConfiguration\napiVersion: v1", "apiVersion: must be apiserver.config.k8s.io/v1"},
      {"kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1", "resources: must be a list"},
      {configOf("  - kms: {name: a}\n"), "resources[0].providers[0].kms: is not supported"},
      {configOf("  - identity: {}\n    aesgcm: {}\n"), "resources[0].providers[0]: must have exactly one provider"},
      {configOf(provider("aesgcm", key("a", "AAAA"))),
       "resources[0].providers[0].aesgcm.keys[0].secret: is of 3 bytes, expected 16, 24 or 32"},
      {configOf(provider("secretbox", key("a", "MDEyMzQ1Njc4OWFiY2RlZg=="))), "is of 16 bytes, expected 32"},
      {configOf(provider("aescbc", key("a", "'?'"))), "keys[0].secret: must be base64"},
      {configOf(provider("aescbc", key("a:b", kOne))), "keys[0].name: must not contain \":\""},
      {configOf(provider("aescbc", key("a", kOne) + key("a", kTwo))), "keys[1].name: is the name of an earlier key"},
      {configOf("  - identity: {}\n", "[\"*\"]"), "resources[0].resources[0]: use \"*.\" for all of the core group"},
      {configOf("  - identity: {}\n", "[pods/log]"), "resources[0].resources[0]: must be a resource"},
      {configOf("  - identity: {}\n") + "more: 1\n", "more: is no known field"},
  };
  for (const Case& each : cases) {
    auto read = parseEncryptionConfig(each.text);
    ASSERT_FALSE(read) << each.text;
    EXPECT_THAT(read.error().message, HasSubstr(each.why)) << each.text;
  }
}

TEST(EncryptionConfig, FindsTheFirstRuleThatIsAboutAResource) {
  EncryptionConfig all;
  for (const char* resources : {"secrets", "pandas.example.com", "*.apps", "*.", "*.*"}) {
    all.rules.push_back({{resources}, {{}}});
  }
  const std::map<std::string, size_t> expected = {{"secrets", 0},          {"pandas.example.com", 1},
                                                  {"deployments.apps", 2}, {"configmaps", 3},
                                                  {"jobs.batch", 4},       {"secrets.example.com", 4}};
  for (const auto& [resource, rule] : expected) EXPECT_EQ(all.ruleFor(resource), &all.rules[rule]) << resource;
  all.rules.resize(3);
  EXPECT_EQ(all.ruleFor("configmaps"), nullptr);
}

TEST(ValueCipher, TakesBackWhatItGave) {
  for (const char* name : {"aesgcm", "aescbc", "secretbox"}) {
    const EncryptionConfig with = config(provider(name, key("one", kOne)));
    const EncryptionRule* rule = with.ruleFor("secrets");
    auto sealed = encryptValue(rule, kValue, kKey), again = encryptValue(rule, kValue, kKey);
    ASSERT_TRUE(sealed);
    EXPECT_THAT(*sealed, StartsWith(concat("k8s:enc:", name, ":v1:one:")));
    EXPECT_THAT(*sealed, Not(HasSubstr("Secret")));
    EXPECT_NE(*sealed, *again) << "no two are alike";
    auto opened = decryptValue(rule, *sealed, kKey);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->value, kValue);
    EXPECT_FALSE(opened->isStale);
    std::string changed = *sealed;
    changed[changed.size() - 20] = static_cast<char>(changed[changed.size() - 20] ^ 1);
    auto broken = decryptValue(rule, changed, kKey);
    EXPECT_TRUE(!broken || broken->value != kValue) << name;
  }
}

TEST(ValueCipher, BindsAValueToItsPlace) {
  const EncryptionConfig with = config(provider("aesgcm", key("one", kOne)));
  const EncryptionRule* rule = with.ruleFor("secrets");
  auto moved = decryptValue(rule, *encryptValue(rule, kValue, kKey), "/registry/secrets/default/b");
  ASSERT_FALSE(moved);
  EXPECT_THAT(moved.error().message, HasSubstr("cannot be decrypted with the aesgcm key \"one\""));
}

TEST(ValueCipher, RotatesKeysAndProviders) {
  const EncryptionConfig before = config(provider("aescbc", key("one", kOne)));
  const std::string sealed = *encryptValue(before.ruleFor("secrets"), kValue, kKey);
  struct Case {
    const char* name;
    std::string providers, why;  // empty: it can be read, and is stale
  };
  const Case cases[] = {
      {"a new key before", provider("aescbc", key("two", kTwo) + key("one", kOne)), ""},
      {"a new provider before", provider("secretbox", key("two", kTwo)) + provider("aescbc", key("one", kOne)), ""},
      {"no longer encrypted", "  - identity: {}\n" + provider("aescbc", key("one", kOne)), ""},
      {"the key is gone", provider("aescbc", key("two", kTwo)),
       "the aescbc key \"one\", which the configuration does not"},
      {"the provider is gone", provider("aesgcm", key("one", kOne)), "encrypted with aescbc, which the configuration"},
  };
  for (const Case& each : cases) {
    const EncryptionConfig after = config(each.providers);
    auto opened = decryptValue(after.ruleFor("secrets"), sealed, kKey);
    if (each.why.empty()) {
      ASSERT_TRUE(opened) << each.name << ": " << opened.error().message;
      EXPECT_EQ(opened->value, kValue) << each.name;
      EXPECT_TRUE(opened->isStale) << each.name;
    } else {
      ASSERT_FALSE(opened) << each.name;
      EXPECT_THAT(opened.error().message, HasSubstr(each.why)) << each.name;
    }
  }
  EXPECT_THAT(decryptValue(nullptr, sealed, kKey).error().message, HasSubstr("names no keys for it"));
  EXPECT_THAT(decryptValue(before.ruleFor("secrets"), kValue, kKey).error().message, HasSubstr("no provider identity"));
  EXPECT_EQ(decryptValue(nullptr, kValue, kKey)->value, kValue);
}

// From NaCl's own tests ("secretbox.c").
TEST(Secretbox, IsThatOfOthers) {
  const auto bytes = [](std::initializer_list<int> values) {
    std::string text;
    for (int value : values) text += static_cast<char>(value);
    return text;
  };
  const std::string firstKey =
      bytes({0x1b, 0x27, 0x55, 0x64, 0x73, 0xe9, 0x85, 0xd4, 0x62, 0xcd, 0x51, 0x19, 0x7a, 0x9a, 0x46, 0xc7,
             0x60, 0x09, 0x54, 0x9e, 0xac, 0x64, 0x74, 0xf2, 0x06, 0xc4, 0xee, 0x08, 0x44, 0xf6, 0x83, 0x89});
  const std::string nonce = bytes({0x69, 0x69, 0x6e, 0xe9, 0x55, 0xb6, 0x2b, 0x73, 0xcd, 0x62, 0xbd, 0xa8,
                                   0x75, 0xfc, 0x73, 0xd6, 0x82, 0x19, 0xe0, 0x03, 0x6b, 0x7a, 0x0b, 0x37});
  const std::string plain = bytes({0xbe, 0x07, 0x5f, 0xc5, 0x3c, 0x81, 0xf2, 0xd5, 0xcf, 0x14, 0x13, 0x16});
  const std::string boxed = sealSecretbox(plain, firstKey, nonce);
  EXPECT_EQ(boxed.substr(kSecretboxTag),
            bytes({0x8e, 0x99, 0x3b, 0x9f, 0x48, 0x68, 0x12, 0x73, 0xc2, 0x96, 0x50, 0xba}));
  EXPECT_EQ(openSecretbox(boxed, firstKey, nonce), plain);
  EXPECT_FALSE(openSecretbox(boxed.substr(1), firstKey, nonce));
  EXPECT_FALSE(openSecretbox("short", firstKey, nonce));
}

TEST(EncryptedEngine, LeavesNoPlaintextOnTheDisk) {
  const std::string folder = concat(::testing::TempDir(), "encrypted-engine-test-", ::getpid());
  std::filesystem::remove_all(folder);
  const auto filesHave = [&](const std::string& text) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string all(std::istreambuf_iterator<char>(in), {});
      if (all.find(text) != std::string::npos) return true;
    }
    return false;
  };
  const EncryptionConfig with = config(provider("secretbox", key("one", kOne)));
  {
    auto engine = makeEncryptedEngine(*openSqliteEngine(folder), with);
    const Record records[] = {{kKey, 1, kValue}, {"/registry/configmaps/default/a", 2, R"({"plain":"visible"})"}};
    ASSERT_TRUE(engine->write(records));
    std::map<std::string, std::string> read;
    ASSERT_TRUE(engine->readChanges(0, [&](const Record& record) {
      read[std::string(record.key)] = record.value;
      EXPECT_TRUE(record.problem.empty());
      EXPECT_FALSE(record.isStale);
    }));
    EXPECT_EQ(read[kKey], kValue);
  }
  EXPECT_FALSE(filesHave("aHVzaA=="));
  EXPECT_TRUE(filesHave("k8s:enc:secretbox:v1:one:"));
  EXPECT_TRUE(filesHave("visible"));
  {
    auto engine = makeEncryptedEngine(*openSqliteEngine(folder), config(provider("secretbox", key("one", kTwo))));
    size_t problems = 0, good = 0;
    ASSERT_TRUE(engine->readChanges(0, [&](const Record& record) { ++(record.problem.empty() ? good : problems); }));
    EXPECT_EQ(problems, 1u);
    EXPECT_EQ(good, 1u);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cleat::store
