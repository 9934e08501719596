// SPDX-License-Identifier: Apache-2.0
// What the exchanges work with.  Services are shared by all workers and safe from any thread; a WorkerContext belongs
// to one worker's loop.  Both outlive every connection.
#pragma once

#include <memory>
#include <string>

#include "base/disk_pool.h"
#include "base/loop.h"
#include "cas/blob_store.h"
#include "certs/certificate_authority.h"
#include "hub/catalog.h"
#include "hub/host_roles.h"
#include "hub/hub_memory.h"
#include "hub/issued_urls.h"
#include "proxy/access_log.h"
#include "proxy/counters.h"
#include "proxy/question_queue.h"
#include "proxy/settings.h"
#include "proxy/tls_contexts.h"
#include "upstream/dialler.h"
#include "upstream/fetch_table.h"
#include "upstream/origin_client.h"

namespace weir::proxy {

struct PeerAccess;

struct Services {
  const std::string& pseudonym;  // Weir's own name in Via, different for each installation
  const certs::CertificateAuthority& authority;
  WallTime started_at;
  Endpoint listening;
  std::string store_path;
  DiskPool& disk;
  cas::BlobStore& store;
  hub::Catalog& catalog;
  hub::HostRoles& roles;
  hub::IssuedUrls& issued;
  hub::HubMemory& memory;
  QuestionQueue& questions;
  upstream::FetchTable& fetches;
  TlsContexts& tls;
  Counters& counters;
  PeerAccess& peers;
};

struct WorkerContext {
  Services& services;
  Loop& loop;
  upstream::OriginClient& origin;
  upstream::Dialler& dialler;
  AccessLog& access_log;
  // The latest; on the worker's loop alone.
  std::shared_ptr<const Settings> settings = nullptr;
};

}  // namespace weir::proxy
