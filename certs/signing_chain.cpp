// SPDX-License-Identifier: Apache-2.0
#include "certs/signing_chain.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>

namespace weir::certs {
namespace {

constexpr int kAuthLevel112Bits = 2;

struct FreeStore {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
struct FreeContext {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};

void demand(X509_VERIFY_PARAM* parameters, const std::string& host, WallTime now, Strictness strictness) {
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;  // the anchor may be no root
  if (strictness == Strictness::strict) flags |= X509_V_FLAG_X509_STRICT;
  X509_VERIFY_PARAM_set_flags(parameters, flags);
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_auth_level(parameters, kAuthLevel112Bits);
  X509_VERIFY_PARAM_set_time(parameters, unix_seconds(now));
  X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
}

}  // namespace

std::string fault_of(const SigningChain& chain, const Certificate& leaf, const std::string& host, WallTime now,
                     Strictness strictness) {
  std::unique_ptr<X509_STORE, FreeStore> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), chain.anchor.get());
  std::unique_ptr<STACK_OF(X509), FreeStack> sent(sk_X509_new_null());
  for (const auto& certificate : chain.sent) sk_X509_push(sent.get(), certificate.get());
  std::unique_ptr<X509_STORE_CTX, FreeContext> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), sent.get());
  demand(X509_STORE_CTX_get0_param(context.get()), host, now, strictness);
  bool accepted = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (accepted) return "";
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

}  // namespace weir::certs
