import software.amazon.awssdk.auth.credentials.WebIdentityTokenFileCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.model.GetCallerIdentityResponse;

/** Prints who AWS says the caller is, or the code of the error that credentials ended with, as JSON. */
public final class Caller {
  public static void main(String[] arguments) {
    try (StsClient sts = StsClient.create()) {
      GetCallerIdentityResponse identity = sts.getCallerIdentity();
      System.out.printf("{\"arn\": \"%s\", \"account\": \"%s\"}%n", identity.arn(), identity.account());
    } catch (SdkClientException error) {
      System.out.printf("{\"code\": \"%s\"}%n", webIdentityError(error));
    }
  }

  // The default chain tells just the messages of its providers' errors, so the one that it asked is asked again.
  private static String webIdentityError(SdkClientException chain) {
    try (WebIdentityTokenFileCredentialsProvider provider = WebIdentityTokenFileCredentialsProvider.create()) {
      provider.resolveCredentials();
      throw chain;
    } catch (AwsServiceException error) {
      return error.awsErrorDetails().errorCode();
    }
  }
}
