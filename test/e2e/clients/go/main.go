// Prints who AWS says the caller is, or the code of the error that credentials ended with, as JSON; with the argument
// "presign", a presigned URL of that question; with another one, with that profile's credentials.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func presignedURL(ctx context.Context) (map[string]string, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	presigner := sts.NewPresignClient(sts.NewFromConfig(settings))
	request, err := presigner.PresignGetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	return map[string]string{"url": request.URL, "method": request.Method}, nil
}

func callerIdentity(ctx context.Context) (map[string]string, error) {
	profile := ""
	if len(os.Args) == 2 {
		profile = os.Args[1]
	}
	settings, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
	if err != nil {
		return nil, err
	}
	identity, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	return map[string]string{"arn": *identity.Arn, "account": *identity.Account}, nil
}

func main() {
	ask := callerIdentity
	if len(os.Args) == 2 && os.Args[1] == "presign" {
		ask = presignedURL
	}
	answer, err := ask(context.Background())
	if err != nil {
		// However deep in the chain: the call for credentials is what failed.
		var apiError smithy.APIError
		if !errors.As(err, &apiError) {
			log.Fatal(err)
		}
		answer = map[string]string{"code": apiError.ErrorCode()}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		log.Fatal(err)
	}
}
