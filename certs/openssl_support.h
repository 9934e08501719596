// SPDX-License-Identifier: Apache-2.0
// OpenSSL's objects as values with owners, its errors as Errors, its times as WallTimes, and PEM.  OpenSSL's own
// headers stay in the .cpp files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"

struct x509_st;
struct evp_pkey_st;
struct bio_st;
struct asn1_string_st;

namespace weir::certs {

// Both are read only once made, so they may be shared between threads; SSL_CTX_use_certificate and
// SSL_CTX_use_PrivateKey take a reference of their own.
using Certificate = std::shared_ptr<x509_st>;
using PrivateKey = std::shared_ptr<evp_pkey_st>;

// Take ownership; null stays null.
Certificate own(x509_st* certificate);
PrivateKey own(evp_pkey_st* key);

struct FreeBio {
  void operator()(bio_st* bio) const;
};
using Bio = std::unique_ptr<bio_st, FreeBio>;

// Reads from bytes that must outlive it.
Bio read_from(std::string_view bytes);
// Grows in memory; the secure kind wipes its memory when it goes.
Bio write_to_memory();
Bio write_to_secure_memory();
// What was written so far; valid until the next write.
std::string_view written(const Bio& bio);

// "what: OpenSSL's reason", and an empty error queue: what is left in it would be blamed on the next TLS call of this
// thread.
Error openssl_error(std::string_view what);

// Errors: io for a time that no certificate can hold (the years 0 to 9999).
Result<void> set_time(asn1_string_st* target, WallTime time);
// A time later than a WallTime can be (the year 2262) becomes that.
Result<WallTime> to_wall_time(const asn1_string_st* time);

// The certificates (DER) of a PEM text, in their order; other blocks, private keys among them, and text between blocks
// are passed over.  Errors: invalid for a damaged block.
Result<std::vector<std::string>> certificates_in(std::string_view pem);
// One PEM block with a line feed at its end.
Result<std::string> to_pem(std::string_view der);
Result<std::string> to_der(const Certificate& certificate);
Result<Certificate> from_der(std::string_view der);

// SHA-256 of its DER form, as openssl x509 -fingerprint -sha256 shows it.
Result<Sha256> fingerprint_of(const Certificate& certificate);
// The holder's name for people (RFC 2253), printable whatever stands in it.
std::string subject_of(const Certificate& certificate);
// Whether it is its own issuer, by name and by signature: a root.
bool is_self_signed(const Certificate& certificate);

// "2026-06-01" (UTC).
std::string date_of(WallTime time);

}  // namespace weir::certs
