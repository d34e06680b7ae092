"""The page, the HTTP/JSON API and OpenSubsonic: clients of the gRPC API that speak HTTP."""
