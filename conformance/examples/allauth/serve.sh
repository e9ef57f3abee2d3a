#!/usr/bin/env bash
# Starts a Django site with django-allauth's headless API on loopback, with everything that it writes in the folder that
# is given. Wants a `python3` with `django-allauth[headless]` (PyPI) on the PATH.
set -euo pipefail
folder=${1:?usage: serve.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder" && cd "$folder"
for secret in alice.password site.key; do
  [ -s "$secret" ] || (umask 077; head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$secret")
done
cp "$here/rescind.toml" rescind.toml
cat > site_settings.py <<'SETTINGS'
from pathlib import Path

SECRET_KEY = Path("site.key").read_text()
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "site_urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "site.sqlite"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "allauth",
    "allauth.account",
    "allauth.headless",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
HEADLESS_ONLY = True
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
# The judge asks more often than a person does.
ACCOUNT_RATE_LIMITS = False
SETTINGS
cat > site_urls.py <<'URLS'
from django.urls import include, path

urlpatterns = [path("accounts/", include("allauth.urls")), path("_allauth/", include("allauth.headless.urls"))]
URLS
export DJANGO_SETTINGS_MODULE=site_settings PYTHONPATH=.
python3 -m django migrate --verbosity 0
DJANGO_SUPERUSER_PASSWORD=$(cat alice.password) python3 -m django createsuperuser --noinput \
  --username alice --email alice@rescind.test 2> /dev/null || true
exec python3 -m django runserver --noreload 127.0.0.1:8930
