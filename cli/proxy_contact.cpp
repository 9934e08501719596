// SPDX-License-Identifier: Apache-2.0
#include "cli/proxy_contact.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "certs/certificate_authority.h"
#include "http/basic_auth.h"
#include "http/text.h"

namespace weir::cli {
namespace {

std::filesystem::path trusted_for(const config::Config& config) {
  if (!config.proxy.listen.cert.empty()) return config.proxy.listen.cert;
  if (!config.ca.company_certificates.empty()) return config.ca.company_certificates;
  return certs::CertificateAuthority::certificate_path(config.ca.folder);
}

// RFC 3986, section 2.1: all but the unreserved.
std::string percent_encoded(std::string_view text) {
  std::string out;
  for (char c : text)
    out += http::is(c, http::kUnreserved) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

Result<http::BasicCredentials> name_and_password(const config::Environment& environment) {
  auto name = environment.find("WEIR_PROXY_USER");
  auto password = environment.find("WEIR_PROXY_PASSWORD");
  if (name == environment.end() || password == environment.end())
    return fail(ErrorCode::invalid,
                "the proxy asks for a name and a password (proxy.users): set WEIR_PROXY_USER and WEIR_PROXY_PASSWORD");
  return http::BasicCredentials{name->second, Secret(password->second)};
}

}  // namespace

ProxyContact contact_of(const config::Config& config, const Endpoint& endpoint) {
  ProxyContact contact(endpoint);
  const auto& listen = config.proxy.listen;
  contact.asks_for_password = !listen.users.empty();
  if (!listen.tls) return contact;
  contact.name = listen.names.front();
  contact.trusted = trusted_for(config);
  return contact;
}

Result<std::string> user_info(const ProxyContact& contact, const config::Environment& environment) {
  if (!contact.asks_for_password) return "";
  TRY_ASSIGN(auto who, name_and_password(environment));
  return percent_encoded(who.name) + ":" + percent_encoded(who.password.reveal()) + "@";
}

Result<Secret> proxy_authorization(const ProxyContact& contact, const config::Environment& environment) {
  if (!contact.asks_for_password) return Secret();
  TRY_ASSIGN(auto who, name_and_password(environment));
  auto coded = to_base64(who.name + ":" + who.password.reveal());
  coded.append((4 - coded.size() % 4) % 4, '=');
  return Secret("Basic " + coded);
}

std::string url_of(const ProxyContact& contact, const std::string& user_info) {
  if (!contact.tls()) return "http://" + user_info + contact.endpoint.text();
  return fmt::format("https://{}{}:{}", user_info, contact.name, contact.endpoint.port);
}

}  // namespace weir::cli
