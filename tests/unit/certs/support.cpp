// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/certs/support.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include "certs/name_constraints.h"

namespace weir::certs {
namespace {

struct FreeStore {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
struct FreeContext {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = testing::TempDir() + "weir-certs-XXXXXX";
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp failed for " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<Extension> authority_extensions(const std::vector<std::string>& hosts) {
  return {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
          {NID_key_usage, "critical,keyCertSign,cRLSign"},
          {NID_subject_key_identifier, "hash"},
          {NID_name_constraints, name_constraints_for(hosts)}};
}

KeyPair make_authority_with(const std::vector<Extension>& extensions, WallTime not_before, WallTime not_after) {
  KeyPair pair;
  pair.key = make_key().value();
  pair.certificate = issue_self_signed({"Test CA", not_before, not_after, extensions}, pair.key).value();
  return pair;
}

Certificate sign_leaf(const KeyPair& authority, const std::string& name) {
  Contents contents{"",
                    kNow - kDay,
                    kNow + kDay,
                    {{NID_subject_alt_name, "critical," + name},
                     {NID_key_usage, "critical,digitalSignature"},
                     {NID_ext_key_usage, "serverAuth"},
                     {NID_subject_key_identifier, "hash"},
                     {NID_authority_key_identifier, "keyid:always"}}};
  auto key = make_key().value();
  return issue(contents, key, authority.certificate, authority.key).value();
}

int verify_strictly(const Certificate& leaf, const Certificate& authority, const std::string& host, WallTime now,
                    const Certificate& between) {
  std::unique_ptr<X509_STORE, FreeStore> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), authority.get());
  std::unique_ptr<STACK_OF(X509), FreeStack> untrusted(sk_X509_new_null());
  if (between) sk_X509_push(untrusted.get(), between.get());
  std::unique_ptr<X509_STORE_CTX, FreeContext> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), untrusted.get());
  auto* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_time(parameters, unix_seconds(now));
  if (!host.empty()) X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
  bool verified = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  int code = X509_STORE_CTX_get_error(context.get());
  return !verified && code == X509_V_OK ? X509_V_ERR_UNSPECIFIED : code;
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

}  // namespace weir::certs
