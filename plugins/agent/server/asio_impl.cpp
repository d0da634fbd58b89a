// The parts of Asio, its TLS and Beast that need not be compiled into every source that uses them.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
