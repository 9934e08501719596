// SPDX-License-Identifier: Apache-2.0
#include "certs/openssl_support.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <ctime>
#include <optional>

#include "base/log.h"

namespace weir::certs {
namespace {

struct FreeBytes {
  void operator()(void* bytes) const { OPENSSL_free(bytes); }
};
template <typename T>
using Bytes = std::unique_ptr<T, FreeBytes>;

struct PemBlock {
  std::string name;
  std::string bytes;
};

// Nothing at the end of the text.
Result<std::optional<PemBlock>> next_block(const Bio& bio) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1) {
    auto error = ERR_peek_last_error();
    bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    auto damaged = openssl_error("a PEM block is damaged");
    if (at_end) return std::nullopt;
    return fail(ErrorCode::invalid, damaged.message);
  }
  Bytes<char> name_owner(name);
  Bytes<char> header_owner(header);
  Bytes<unsigned char> data_owner(data);
  PemBlock block{name, std::string(reinterpret_cast<const char*>(data), static_cast<size_t>(size))};
  OPENSSL_cleanse(data, static_cast<size_t>(size));  // it may have been a private key
  return block;
}

}  // namespace

Certificate own(x509_st* certificate) {
  return certificate ? Certificate(certificate, X509_free) : nullptr;
}

PrivateKey own(evp_pkey_st* key) {
  return key ? PrivateKey(key, EVP_PKEY_free) : nullptr;
}

void FreeBio::operator()(bio_st* bio) const {
  BIO_free_all(bio);
}

Bio read_from(std::string_view bytes) {
  // A longer text is cut, and then fails to parse.
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX))));
}

Bio write_to_memory() {
  return Bio(BIO_new(BIO_s_mem()));
}

Bio write_to_secure_memory() {
  return Bio(BIO_new(BIO_s_secmem()));
}

std::string_view written(const Bio& bio) {
  char* data = nullptr;
  long size = BIO_ctrl(bio.get(), BIO_CTRL_INFO, 0, &data);
  return size > 0 ? std::string_view(data, static_cast<size_t>(size)) : std::string_view();
}

Error openssl_error(std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return Error{ErrorCode::io, std::string(what) + ": " + (reason ? reason : "OpenSSL gives no reason")};
}

Result<void> set_time(asn1_string_st* target, WallTime time) {
  if (!ASN1_TIME_set(target, unix_seconds(time))) return fail(openssl_error("setting a certificate's time"));
  return {};
}

Result<WallTime> to_wall_time(const asn1_string_st* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return fail(openssl_error("reading a certificate's time"));
  // The year 9999 ("no end", RFC 5280, section 4.1.2.5) is beyond what a WallTime holds.
  auto latest = std::chrono::floor<std::chrono::seconds>(WallTime::max());
  return std::min(std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts))), latest);
}

Result<std::vector<std::string>> certificates_in(std::string_view pem) {
  std::vector<std::string> found;
  auto bio = read_from(pem);
  for (;;) {
    TRY_ASSIGN(auto block, next_block(bio));
    if (!block) return found;
    if (block->name != PEM_STRING_X509 && block->name != PEM_STRING_X509_OLD) {
      OPENSSL_cleanse(block->bytes.data(), block->bytes.size());
      continue;
    }
    if (!from_der(block->bytes))
      return fail(ErrorCode::invalid, "certificate " + std::to_string(found.size() + 1) + " is damaged");
    found.push_back(std::move(block->bytes));
  }
}

Result<std::string> to_pem(std::string_view der) {
  auto bio = write_to_memory();
  auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  if (PEM_write_bio(bio.get(), PEM_STRING_X509, "", bytes, static_cast<long>(der.size())) <= 0)
    return fail(openssl_error("writing a certificate as PEM"));
  return std::string(written(bio));
}

Result<std::string> to_der(const Certificate& certificate) {
  unsigned char* data = nullptr;
  int size = i2d_X509(certificate.get(), &data);
  if (size <= 0) return fail(openssl_error("encoding a certificate"));
  Bytes<unsigned char> owner(data);
  return std::string(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
}

Result<Certificate> from_der(std::string_view der) {
  auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  auto* end = begin;
  auto certificate = own(d2i_X509(nullptr, &end, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!certificate || end != begin + der.size()) return fail(ErrorCode::invalid, "this is no certificate");
  return certificate;
}

Result<Sha256> fingerprint_of(const Certificate& certificate) {
  TRY_ASSIGN(auto der, to_der(certificate));
  return sha256(der);
}

std::string subject_of(const Certificate& certificate) {
  auto bio = write_to_memory();
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_RFC2253);
  ERR_clear_error();
  return log::escaped(written(bio));
}

bool is_self_signed(const Certificate& certificate) {
  bool self_signed = X509_self_signed(certificate.get(), 1) == 1;
  ERR_clear_error();
  return self_signed;
}

std::string date_of(WallTime time) {
  auto seconds = static_cast<time_t>(unix_seconds(time));
  std::tm parts{};
  char text[32] = "?";
  if (::gmtime_r(&seconds, &parts)) std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

}  // namespace weir::certs
